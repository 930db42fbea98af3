#include "sonata.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <string>

#include <fmt/format.h>

#include "wafer/error.hpp"
#include "wafer/hdf5.hpp"

namespace bss {

namespace fs = std::filesystem;

namespace {

void need_file(const fs::path& path)
{
    std::error_code error;
    if (!fs::is_regular_file(path, error))
        throw InputError(fmt::format("{}: expected a file, found {}", path.string(), fs::is_directory(path, error) ? "a folder" : "none"));
    if (fs::file_size(path, error) == 0)
        throw InputError(fmt::format("{}: the file is empty", path.string()));
}

std::vector<std::int64_t> whole_dataset(hid_t group, const std::string& name, std::size_t count)
{
    auto values = hdf5::read_dataset<std::int64_t>(group, name);
    if (values.size() != count)
        throw InputError(fmt::format("{}: expected {} values, found {}", hdf5::where(group, name), count, values.size()));
    return values;
}

/// Milliseconds in the unit of a dataset's attribute `units`; SONATA's default is ms.
double ms_of(hid_t group, const std::string& name)
{
    const hdf5::Handle dataset(H5Dopen2(group, name.c_str(), H5P_DEFAULT));
    if (!hdf5::has_attribute(dataset, "units"))
        return 1;
    const auto units = hdf5::read_string_attribute(dataset, "units");
    if (units == "ms" || units == "milliseconds")
        return 1;
    if (units == "s" || units == "seconds")
        return 1000;
    throw InputError(fmt::format("{}: expected units of ms or s, found \"{}\"", hdf5::where(group, name), units));
}

}   // namespace

std::vector<std::vector<double>> read_spike_file(const fs::path& path, std::string_view population, std::uint32_t size)
{
    need_file(path);
    const auto file = hdf5::open_file(path);
    const auto spikes = hdf5::open_group(file, "spikes");
    const auto names = hdf5::children(spikes);
    if (names.empty() || (names.size() > 1 && std::find(names.begin(), names.end(), population) == names.end()))
        throw InputError(fmt::format("{}: expected one population, or one called \"{}\", found {}", hdf5::where(spikes), population,
                                     names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
    const auto group = hdf5::open_group(spikes, names.size() == 1 ? names.front() : std::string(population));
    const auto times = hdf5::read_dataset<double>(group, "timestamps");
    const auto ids = whole_dataset(group, "node_ids", times.size());
    const double ms = ms_of(group, "timestamps");
    std::vector<std::vector<double>> trains(size);
    for (std::size_t k = 0; k < times.size(); ++k) {
        if (ids[k] < 0 || ids[k] >= size)
            throw InputError(fmt::format("{}: expected node ids from 0 to {}, found {}", hdf5::where(group, "node_ids"), size - 1, ids[k]));
        if (!(times[k] >= 0 && std::isfinite(times[k])))
            throw InputError(fmt::format("{}: expected times >= 0, found {}", hdf5::where(group, "timestamps"), times[k]));
        trains[static_cast<std::size_t>(ids[k])].push_back(times[k] * ms);
    }
    for (auto& train : trains)
        std::sort(train.begin(), train.end());
    return trains;
}

namespace {

std::string node_population(hid_t edges, const std::string& dataset)
{
    const hdf5::Handle object(H5Dopen2(edges, dataset.c_str(), H5P_DEFAULT));
    return object.valid() && hdf5::has_attribute(object, "node_population") ? hdf5::read_string_attribute(object, "node_population") : std::string();
}

std::string edge_population(hid_t edges, std::string_view pre, std::string_view post)
{
    const auto names = hdf5::children(edges);
    if (names.size() == 1)
        return names.front();
    std::string match;
    for (const auto& name : names) {
        const auto group = hdf5::open_group(edges, name);
        const bool joins = hdf5::exists(group, "source_node_id") && hdf5::exists(group, "target_node_id") && node_population(group, "source_node_id") == pre &&
                           node_population(group, "target_node_id") == post;
        if (name == fmt::format("{}_to_{}", pre, post) || (joins && match.empty()))
            match = name;
    }
    if (match.empty())
        throw InputError(fmt::format("{}: expected edges from \"{}\" to \"{}\", found {}", hdf5::where(edges), pre, post,
                                     names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
    return match;
}

/// A property of all edges, from the edge groups that hold it; empty when no group has it.
std::vector<double> edge_property(hid_t edges, const std::string& property, std::size_t count)
{
    const auto check = [&](double value) {
        if (!(value >= 0 && std::isfinite(value)))
            throw InputError(fmt::format("{}: expected values >= 0, found {}", hdf5::where(edges, property), value));
        return value;
    };
    if (!hdf5::exists(edges, "edge_group_id")) {        // a single group, in the order of the edges
        if (!hdf5::exists(edges, "0") || !hdf5::exists(hdf5::open_group(edges, "0"), property))
            return {};
        auto values = hdf5::read_dataset<double>(hdf5::open_group(edges, "0"), property);
        if (values.size() != count)
            throw InputError(fmt::format("{}: expected {} values, found {}", hdf5::where(edges, "0/" + property), count, values.size()));
        std::for_each(values.begin(), values.end(), check);
        return values;
    }
    const auto group = whole_dataset(edges, "edge_group_id", count), index = whole_dataset(edges, "edge_group_index", count);
    std::map<std::int64_t, std::vector<double>> columns;
    std::size_t with = 0;
    std::vector<double> values(count);
    for (std::size_t k = 0; k < count; ++k) {
        auto column = columns.find(group[k]);
        if (column == columns.end()) {
            const auto name = std::to_string(group[k]);
            const bool there = hdf5::exists(edges, name) && hdf5::exists(hdf5::open_group(edges, name), property);
            column = columns.emplace(group[k], there ? hdf5::read_dataset<double>(hdf5::open_group(edges, name), property) : std::vector<double>()).first;
        }
        if (column->second.empty())
            continue;
        if (index[k] < 0 || static_cast<std::size_t>(index[k]) >= column->second.size())
            throw InputError(fmt::format("{}: expected places below {}, found {}", hdf5::where(edges, "edge_group_index"), column->second.size(), index[k]));
        values[k] = check(column->second[static_cast<std::size_t>(index[k])]);
        ++with;
    }
    if (with != 0 && with != count)
        throw InputError(fmt::format("{}: expected {} for every edge, found it for {} of {}", hdf5::where(edges), property, with, count));
    return with ? values : std::vector<double>();
}

std::vector<std::uint32_t> node_ids(hid_t edges, const std::string& name, std::uint32_t size)
{
    const auto ids = hdf5::read_dataset<std::int64_t>(edges, name);
    std::vector<std::uint32_t> result(ids.size());
    for (std::size_t k = 0; k < ids.size(); ++k) {
        if (ids[k] < 0 || ids[k] >= size)
            throw InputError(fmt::format("{}: expected node ids from 0 to {}, found {}", hdf5::where(edges, name), size - 1, ids[k]));
        result[k] = static_cast<std::uint32_t>(ids[k]);
    }
    return result;
}

ConnectionList read_sonata(const fs::path& path, std::string_view pre, std::string_view post, std::uint32_t pre_size, std::uint32_t post_size)
{
    const auto file = hdf5::open_file(path);
    const auto edges = hdf5::open_group(file, "edges");
    const auto group = hdf5::open_group(edges, edge_population(edges, pre, post));
    ConnectionList list;
    list.pre = node_ids(group, "source_node_id", pre_size);
    list.post = node_ids(group, "target_node_id", post_size);
    if (list.pre.size() != list.post.size())
        throw InputError(fmt::format("{}: expected as many targets as sources, found {} and {}", hdf5::where(group), list.post.size(), list.pre.size()));
    list.weight = edge_property(group, "syn_weight", list.pre.size());
    list.delay_ms = edge_property(group, "delay", list.pre.size());
    return list;
}

std::vector<std::string_view> words_of(std::string_view line)
{
    std::vector<std::string_view> words;
    const std::string_view separators = " \t\r,;[]\"'=";
    for (std::size_t begin = line.find_first_not_of(separators); begin != std::string_view::npos; begin = line.find_first_not_of(separators, begin)) {
        const auto end = std::min(line.find_first_of(separators, begin), line.size());
        words.push_back(line.substr(begin, end - begin));
        begin = end;
    }
    return words;
}

enum class Column { pre, post, weight, delay };

std::optional<Column> column_of(std::string_view word)
{
    if (word == "pre" || word == "i" || word == "source")
        return Column::pre;
    if (word == "post" || word == "j" || word == "target")
        return Column::post;
    if (word == "weight")
        return Column::weight;
    if (word == "delay")
        return Column::delay;
    return std::nullopt;
}

/// PyNN's text files have `# columns = ["i", "j", "weight", "delay"]`, other tools a line of names.
std::vector<Column> named_columns(const std::vector<std::string_view>& words)
{
    std::vector<Column> columns;
    for (const auto& word : words)
        if (const auto column = column_of(word))
            columns.push_back(*column);
    return columns;
}

ConnectionList read_table(const fs::path& path, std::uint32_t pre_size, std::uint32_t post_size)
{
    std::ifstream file(path);
    if (!file)
        throw InputError(fmt::format("{}: cannot be read", path.string()));
    ConnectionList list;
    std::vector<Column> columns;
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
        const auto fail = [&](std::string_view what) { throw InputError(fmt::format("{}:{}: {}", path.string(), number, what)); };
        if (line.find('\0') != std::string::npos)
            fail("expected a SONATA edge file or a table of text, found binary data");
        std::string_view content = line;
        if (const auto start = content.find_first_not_of(" \t"); start != std::string_view::npos && content[start] == '#') {
            if (const auto names = content.find("columns"); names != std::string_view::npos && columns.empty())
                columns = named_columns(words_of(content.substr(names + 7)));
            continue;
        }
        const auto words = words_of(content.substr(0, content.find('#')));
        if (words.empty())
            continue;
        if (list.pre.empty() && std::isalpha(static_cast<unsigned char>(words.front().front()))) {
            columns = named_columns(words);
            if (columns.size() != words.size())
                fail("expected columns named pre, post, weight, delay");
            continue;
        }
        if (columns.empty())
            for (std::size_t k = 0; k < words.size() && k < 4; ++k)
                columns.push_back(static_cast<Column>(k));
        if (std::find(columns.begin(), columns.end(), Column::pre) == columns.end() || std::find(columns.begin(), columns.end(), Column::post) == columns.end())
            fail("expected columns pre and post");
        if (words.size() != columns.size())
            fail(fmt::format("expected {} columns, found {}", columns.size(), words.size()));
        for (std::size_t k = 0; k < words.size(); ++k) {
            double value = 0;
            const auto [end, error] = std::from_chars(words[k].data(), words[k].data() + words[k].size(), value);
            if (error != std::errc() || end != words[k].data() + words[k].size() || !(value >= 0 && std::isfinite(value)))
                fail(fmt::format("expected a number >= 0, found \"{}\"", words[k]));
            if (columns[k] == Column::weight) {
                list.weight.push_back(value);
            } else if (columns[k] == Column::delay) {
                list.delay_ms.push_back(value);
            } else {
                const auto size = columns[k] == Column::pre ? pre_size : post_size;
                if (value != std::floor(value) || value >= size)
                    fail(fmt::format("expected a neuron from 0 to {}, found {}", size - 1, words[k]));
                (columns[k] == Column::pre ? list.pre : list.post).push_back(static_cast<std::uint32_t>(value));
            }
        }
    }
    return list;
}

}   // namespace

ConnectionList read_connection_file(const fs::path& path, std::string_view pre, std::string_view post, std::uint32_t pre_size, std::uint32_t post_size)
{
    need_file(path);
    if (H5Fis_hdf5(path.c_str()) > 0)
        return read_sonata(path, pre, post, pre_size, post_size);
    return read_table(path, pre_size, post_size);
}

}   // namespace bss

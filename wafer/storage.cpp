#include "storage.hpp"

#include <algorithm>
#include <type_traits>

#include <fmt/format.h>

#include "error.hpp"
#include "hdf5.hpp"

namespace bss {
namespace {

using hdf5::Shape;

// How a field of HicannConfig is stored: bools, enums and coordinates as unsigned integers, DACs as double.
template <class T>
struct Stored {
    using type = T;
};
template <>
struct Stored<bool> {
    using type = std::uint8_t;
};
template <>
struct Stored<L1Address> {
    using type = std::uint8_t;
};
template <class T>
    requires std::is_enum_v<T>
struct Stored<T> {
    using type = std::underlying_type_t<T>;
};

template <class T>
typename Stored<T>::type to_stored(const T& value)
{
    if constexpr (std::is_same_v<T, L1Address>)
        return static_cast<std::uint8_t>(value.value());
    else
        return static_cast<typename Stored<T>::type>(value);
}

constexpr int last_value(Gear) { return static_cast<int>(Gear::fast); }
constexpr int last_value(StpMode) { return static_cast<int>(StpMode::depression); }
constexpr int last_value(MergerMode) { return static_cast<int>(MergerMode::merge); }
constexpr int last_value(GbitLink) { return static_cast<int>(GbitLink::to_hicann); }
constexpr int last_value(RepeaterConfig::Mode) { return static_cast<int>(RepeaterConfig::Mode::test_output); }
constexpr int last_value(AnalogOutput) { return static_cast<int>(AnalogOutput::off); }

template <class T>
bool from_stored(T& value, typename Stored<T>::type stored)
{
    if constexpr (std::is_same_v<T, bool>) {
        value = stored != 0;
        return stored <= 1;
    } else if constexpr (std::is_same_v<T, L1Address>) {
        if (stored >= L1Address::count)
            return false;
        value = L1Address(stored);
    } else if constexpr (std::is_enum_v<T>) {
        value = static_cast<T>(stored);
        return static_cast<int>(stored) <= last_value(T{});
    } else {
        value = stored;
    }
    return true;
}

/// The one description of what is stored: name, shape within a chip, and how to reach an element. Written and read by the same list.
/// Visitor: group(name), then field(name, shape, element(config, index) -> reference) or bits(name, set(config) -> bitset&).
template <class Visitor>
void visit_fields(Visitor& v)
{
    v.group("denmems");
    v.field("activate_firing", {Denmem::count}, [](auto& c, std::size_t i) -> auto& { return c.denmems[i].activate_firing; });
    v.field("enable_spl1_output", {Denmem::count}, [](auto& c, std::size_t i) -> auto& { return c.denmems[i].enable_spl1_output; });
    v.field("enable_fire_input", {Denmem::count}, [](auto& c, std::size_t i) -> auto& { return c.denmems[i].enable_fire_input; });
    v.field("enable_aout", {Denmem::count}, [](auto& c, std::size_t i) -> auto& { return c.denmems[i].enable_aout; });
    v.field("enable_current_input", {Denmem::count}, [](auto& c, std::size_t i) -> auto& { return c.denmems[i].enable_current_input; });
    v.field("address", {Denmem::count}, [](auto& c, std::size_t i) -> auto& { return c.denmems[i].address; });

    v.group("quads");
    v.field("join_row", {Quad::count, 2}, [](auto& c, std::size_t i) -> auto& { return c.quads[i / 2].join_row[i % 2]; });
    v.field("join_column", {Quad::count, 2}, [](auto& c, std::size_t i) -> auto& { return c.quads[i / 2].join_column[i % 2]; });

    v.group("halves");
    v.field("big_capacitor", {2}, [](auto& c, std::size_t i) -> auto& { return c.halves[i].big_capacitor; });
    v.field("i_gl_gear", {2}, [](auto& c, std::size_t i) -> auto& { return c.halves[i].i_gl; });
    v.field("i_gladapt_gear", {2}, [](auto& c, std::size_t i) -> auto& { return c.halves[i].i_gladapt; });
    v.field("i_radapt_gear", {2}, [](auto& c, std::size_t i) -> auto& { return c.halves[i].i_radapt; });

    v.group("floating_gates");
    v.field("neuron", {Denmem::count, neuron_fg_count}, [](auto& c, std::size_t i) -> auto& { return c.fg.neuron[i / neuron_fg_count][i % neuron_fg_count]; });
    v.field("shared", {FgBlock::count, shared_fg_count}, [](auto& c, std::size_t i) -> auto& { return c.fg.shared[i / shared_fg_count][i % shared_fg_count]; });
    v.optional_field("own_v_reset", {Denmem::count}, [](auto& c) -> auto& { return c.fg.own_v_reset; });

    v.group("drivers");
    v.field("enable", {SynapseDriver::count}, [](auto& c, std::size_t i) -> auto& { return c.drivers[i].enable; });
    v.field("locin", {SynapseDriver::count}, [](auto& c, std::size_t i) -> auto& { return c.drivers[i].locin; });
    v.field("connect_neighbour", {SynapseDriver::count}, [](auto& c, std::size_t i) -> auto& { return c.drivers[i].connect_neighbour; });
    v.field("stp_enable", {SynapseDriver::count}, [](auto& c, std::size_t i) -> auto& { return c.drivers[i].stp_enable; });
    v.field("stp_mode", {SynapseDriver::count}, [](auto& c, std::size_t i) -> auto& { return c.drivers[i].stp_mode; });
    v.field("stp_cap", {SynapseDriver::count}, [](auto& c, std::size_t i) -> auto& { return c.drivers[i].stp_cap; });

    v.group("rows");
    const auto row = [](auto& c, std::size_t i) -> auto& { return c.drivers[i / 2].rows[i % 2]; };
    v.field("syn_in_left", {SynapseRow::count}, [row](auto& c, std::size_t i) -> auto& { return row(c, i).syn_in_left; });
    v.field("syn_in_right", {SynapseRow::count}, [row](auto& c, std::size_t i) -> auto& { return row(c, i).syn_in_right; });
    v.field("select_gmax", {SynapseRow::count}, [row](auto& c, std::size_t i) -> auto& { return row(c, i).select_gmax; });
    v.field("gmax_div_left", {SynapseRow::count}, [row](auto& c, std::size_t i) -> auto& { return row(c, i).gmax_div_left; });
    v.field("gmax_div_right", {SynapseRow::count}, [row](auto& c, std::size_t i) -> auto& { return row(c, i).gmax_div_right; });
    v.field("decoder", {SynapseRow::count, 2}, [row](auto& c, std::size_t i) -> auto& { return row(c, i / 2).decoder[i % 2]; });

    v.group("synapses");
    v.array("weight", {SynapseRow::count, Column::count}, [](auto& c) -> auto& { return c.synapses.weight; });
    v.array("decoder", {SynapseRow::count, Column::count}, [](auto& c) -> auto& { return c.synapses.decoder; });
    v.optional_field("exact_conductance", {SynapseRow::count, Column::count}, [](auto& c) -> auto& { return c.synapses.exact_conductance; });

    v.group("stdp");
    v.field("enable", {2}, [](auto& c, std::size_t i) -> auto& { return c.stdp[i].enable; });
    v.field("lut_causal", {2, 16}, [](auto& c, std::size_t i) -> auto& { return c.stdp[i / 16].lut_causal[i % 16]; });
    v.field("lut_acausal", {2, 16}, [](auto& c, std::size_t i) -> auto& { return c.stdp[i / 16].lut_acausal[i % 16]; });
    v.field("lut_combined", {2, 16}, [](auto& c, std::size_t i) -> auto& { return c.stdp[i / 16].lut_combined[i % 16]; });
    v.field("pattern", {2, 2}, [](auto& c, std::size_t i) -> auto& { return c.stdp[i / 2].pattern[i % 2]; });
    v.field("write_delay", {2}, [](auto& c, std::size_t i) -> auto& { return c.stdp[i].write_delay; });
    v.field("output_delay", {2}, [](auto& c, std::size_t i) -> auto& { return c.stdp[i].output_delay; });
    v.field("precharge_delay", {2}, [](auto& c, std::size_t i) -> auto& { return c.stdp[i].precharge_delay; });
    v.field("enable_delay", {2}, [](auto& c, std::size_t i) -> auto& { return c.stdp[i].enable_delay; });

    v.group("background");
    v.field("enable", {BackgroundGenerator::count}, [](auto& c, std::size_t i) -> auto& { return c.background[i].enable; });
    v.field("random", {BackgroundGenerator::count}, [](auto& c, std::size_t i) -> auto& { return c.background[i].random; });
    v.field("seed", {BackgroundGenerator::count}, [](auto& c, std::size_t i) -> auto& { return c.background[i].seed; });
    v.field("period", {BackgroundGenerator::count}, [](auto& c, std::size_t i) -> auto& { return c.background[i].period; });
    v.field("address", {BackgroundGenerator::count}, [](auto& c, std::size_t i) -> auto& { return c.background[i].address; });

    v.group("mergers");
    v.field("mode", {Merger::count}, [](auto& c, std::size_t i) -> auto& { return c.mergers[i].mode; });
    v.field("slow", {Merger::count}, [](auto& c, std::size_t i) -> auto& { return c.mergers[i].slow; });
    v.group("dnc_mergers");
    v.field("mode", {DncMerger::count}, [](auto& c, std::size_t i) -> auto& { return c.dnc_mergers[i].mode; });
    v.field("slow", {DncMerger::count}, [](auto& c, std::size_t i) -> auto& { return c.dnc_mergers[i].slow; });
    v.field("loopback", {DncMerger::count}, [](auto& c, std::size_t i) -> auto& { return c.dnc_mergers[i].loopback; });
    v.field("gbit_link", {DncMerger::count}, [](auto& c, std::size_t i) -> auto& { return c.gbit_links[i]; });

    v.group("h_repeaters");
    v.field("mode", {HLine::count}, [](auto& c, std::size_t i) -> auto& { return c.h_repeaters[i].mode; });
    v.field("onto_chip", {HLine::count}, [](auto& c, std::size_t i) -> auto& { return c.h_repeaters[i].onto_chip; });
    v.field("off_chip", {HLine::count}, [](auto& c, std::size_t i) -> auto& { return c.h_repeaters[i].off_chip; });
    v.group("v_repeaters");
    v.field("mode", {VLine::count}, [](auto& c, std::size_t i) -> auto& { return c.v_repeaters[i].mode; });
    v.field("onto_chip", {VLine::count}, [](auto& c, std::size_t i) -> auto& { return c.v_repeaters[i].onto_chip; });
    v.field("off_chip", {VLine::count}, [](auto& c, std::size_t i) -> auto& { return c.v_repeaters[i].off_chip; });
    v.group("switches");
    v.bits("crossbar", [](auto& c) -> auto& { return c.crossbar; });
    v.bits("synapse", [](auto& c) -> auto& { return c.synapse_switches; });

    v.group("stimulus");
    v.field("enable", {FgBlock::count}, [](auto& c, std::size_t i) -> auto& { return c.stimulus[i].enable; });
    v.field("continuous", {FgBlock::count}, [](auto& c, std::size_t i) -> auto& { return c.stimulus[i].continuous; });
    v.field("pulse_length", {FgBlock::count}, [](auto& c, std::size_t i) -> auto& { return c.stimulus[i].pulse_length; });
    v.field("dac", {FgBlock::count, 129}, [](auto& c, std::size_t i) -> auto& { return c.stimulus[i / 129].dac[i % 129]; });
    v.group("analog");
    v.field("output", {2}, [](auto& c, std::size_t i) -> auto& { return c.analog_outputs[i]; });
    v.field("pll_hz", {1}, [](auto& c, std::size_t) -> auto& { return c.pll_hz; });
}

template <std::size_t N>
constexpr std::size_t bit_count(const std::bitset<N>*) { return N; }
/// Number of bits of a field that `Bits` reaches.
template <class Bits>
constexpr std::size_t chip_bits = bit_count(static_cast<std::remove_reference_t<std::invoke_result_t<Bits, HicannConfig&>>*>(nullptr));

Shape with_chips(std::size_t chips, const Shape& shape)
{
    Shape full{chips};
    full.insert(full.end(), shape.begin(), shape.end());
    return full;
}

class Writer {
public:
    Writer(hid_t parent, const std::map<Hicann, HicannConfig>& chips) : parent_(parent), chips_(chips) {}

    void group(const char* name) { group_ = hdf5::create_group(parent_, name); }

    template <class Element>
    void field(const char* name, const Shape& shape, Element element)
    {
        using T = std::remove_cvref_t<decltype(element(std::declval<const HicannConfig&>(), 0))>;
        std::vector<typename Stored<T>::type> data;
        data.reserve(chips_.size() * hdf5::elements(shape));
        for (const auto& [hicann, config] : chips_)
            for (std::size_t i = 0; i < hdf5::elements(shape); ++i)
                data.push_back(to_stored(element(config, i)));
        hdf5::write_dataset(group_, name, with_chips(chips_.size(), shape), data, data.size() > 4096);
    }
    template <class Bits>
    void bits(const char* name, Bits bits)
    {
        const Shape shape{chip_bits<Bits>};
        std::vector<std::uint8_t> data;
        for (const auto& [hicann, config] : chips_)
            for (std::size_t i = 0; i < shape[0]; ++i)
                data.push_back(bits(config).test(i));
        hdf5::write_dataset(group_, name, with_chips(chips_.size(), shape), data, true);
    }
    template <class Array>
    void array(const char* name, const Shape& shape, Array array)
    {
        using T = typename std::remove_cvref_t<decltype(array(std::declval<const HicannConfig&>()))>::value_type;
        std::vector<T> data;
        data.reserve(chips_.size() * hdf5::elements(shape));
        for (const auto& [hicann, config] : chips_)
            data.insert(data.end(), array(config).begin(), array(config).end());
        hdf5::write_dataset(group_, name, with_chips(chips_.size(), shape), data, true);
    }
    /// Stored when any chip has it; chips without it are filled with zeros and marked in `<name>_present`.
    template <class Array>
    void optional_field(const char* name, const Shape& shape, Array array)
    {
        if (std::all_of(chips_.begin(), chips_.end(), [&](const auto& chip) { return array(chip.second).empty(); }))
            return;
        using T = typename std::remove_cvref_t<decltype(array(std::declval<const HicannConfig&>()))>::value_type;
        std::vector<T> data;
        std::vector<std::uint8_t> present;
        for (const auto& [hicann, config] : chips_) {
            present.push_back(!array(config).empty());
            data.insert(data.end(), array(config).begin(), array(config).end());
            data.resize(present.size() * hdf5::elements(shape));
        }
        hdf5::write_dataset(group_, std::string(name) + "_present", present);
        hdf5::write_dataset(group_, name, with_chips(chips_.size(), shape), data, true);
    }

private:
    hid_t parent_;
    const std::map<Hicann, HicannConfig>& chips_;
    hdf5::Handle group_;
};

class Reader {
public:
    Reader(hid_t parent, std::map<Hicann, HicannConfig>& chips) : parent_(parent), chips_(chips) {}

    void group(const char* name) { group_ = hdf5::open_group(parent_, name); }

    template <class Element>
    void field(const char* name, const Shape& shape, Element element)
    {
        using T = std::remove_cvref_t<decltype(element(std::declval<HicannConfig&>(), 0))>;
        const auto data = read<typename Stored<T>::type>(name, shape);
        auto stored = data.begin();
        for (auto& [hicann, config] : chips_)
            for (std::size_t i = 0; i < hdf5::elements(shape); ++i, ++stored)
                if (!from_stored(element(config, i), *stored))
                    throw InputError(fmt::format("{}: HICANN {}, element {}: found {}, which is out of range", hdf5::where(group_, name), hicann.value(), i, *stored));
    }
    template <class Bits>
    void bits(const char* name, Bits bits)
    {
        const Shape shape{chip_bits<Bits>};
        const auto data = read<std::uint8_t>(name, shape);
        auto stored = data.begin();
        for (auto& [hicann, config] : chips_)
            for (std::size_t i = 0; i < shape[0]; ++i)
                bits(config).set(i, *stored++ != 0);
    }
    template <class Array>
    void array(const char* name, const Shape& shape, Array array)
    {
        using T = typename std::remove_cvref_t<decltype(array(std::declval<HicannConfig&>()))>::value_type;
        const auto data = read<T>(name, shape);
        const auto size = static_cast<std::ptrdiff_t>(hdf5::elements(shape));
        auto stored = data.begin();
        for (auto& [hicann, config] : chips_) {
            array(config).assign(stored, stored + size);
            stored += size;
        }
    }
    template <class Array>
    void optional_field(const char* name, const Shape& shape, Array array_of)
    {
        if (!hdf5::exists(group_, name))
            return;
        array(name, shape, array_of);
        const auto present = read<std::uint8_t>(std::string(name) + "_present", {});
        auto flag = present.begin();
        for (auto& [hicann, config] : chips_)
            if (!*flag++)
                array_of(config).clear();
    }

private:
    template <class T>
    std::vector<T> read(const std::string& name, const Shape& shape)
    {
        Shape found;
        auto data = hdf5::read_dataset<T>(group_, name, &found);
        if (found != with_chips(chips_.size(), shape))
            throw InputError(fmt::format("{}: expected {} values, found {}", hdf5::where(group_, name), hdf5::elements(with_chips(chips_.size(), shape)), data.size()));
        return data;
    }

    hid_t parent_;
    std::map<Hicann, HicannConfig>& chips_;
    hdf5::Handle group_;
};

template <class T>
std::vector<T> column(hid_t group, const std::string& name, std::size_t size)
{
    auto data = hdf5::read_dataset<T>(group, name);
    if (data.size() != size)
        throw InputError(fmt::format("{}: expected {} values, found {}", hdf5::where(group, name), size, data.size()));
    return data;
}

/// A coordinate read from a file.
template <class T>
T checked(int value, hid_t group, const char* name)
{
    if (value < 0 || value >= T::count)
        throw InputError(fmt::format("{}: expected 0..{}, found {}", hdf5::where(group, name), T::count - 1, value));
    return T(value);
}

/// Ways to other wafers, a column a property; no group where there are none.
void write_relays(hid_t fpgas, const WaferConfig& config)
{
    std::vector<const Relay*> relays;
    for (const auto& [fpga, settings] : config.fpgas)
        for (const Relay& relay : settings.relays)
            relays.push_back(&relay);
    if (relays.empty())
        return;
    const auto group = hdf5::create_group(fpgas, "relays");
    const auto write_column = [&](const char* name, auto value) {
        std::vector<std::uint16_t> column;
        for (const Relay* relay : relays)
            column.push_back(static_cast<std::uint16_t>(value(*relay)));
        hdf5::write_dataset(group, name, column);
    };
    write_column("hicann", [](const Relay& r) { return r.hicann.value(); });
    write_column("merger", [](const Relay& r) { return r.merger.value(); });
    write_column("address", [](const Relay& r) { return r.address.value(); });
    write_column("to_wafer", [](const Relay& r) { return r.to.wafer; });
    write_column("to_hicann", [](const Relay& r) { return r.to.hicann.value(); });
    write_column("to_merger", [](const Relay& r) { return r.to_merger.value(); });
    write_column("to_address", [](const Relay& r) { return r.to_address.value(); });
}

void read_relays(hid_t fpgas, WaferConfig& config)
{
    if (!hdf5::exists(fpgas, "relays"))
        return;
    const auto group = hdf5::open_group(fpgas, "relays");
    const auto hicann = hdf5::read_dataset<std::uint16_t>(group, "hicann");
    const auto read_column = [&](const char* name) { return column<std::uint16_t>(group, name, hicann.size()); };
    const auto merger = read_column("merger"), address = read_column("address"), to_wafer = read_column("to_wafer"), to_hicann = read_column("to_hicann");
    const auto to_merger = read_column("to_merger"), to_address = read_column("to_address");
    for (std::size_t k = 0; k < hicann.size(); ++k) {
        const Relay relay{checked<Hicann>(hicann[k], group, "hicann"), checked<DncMerger>(merger[k], group, "merger"), checked<L1Address>(address[k], group, "address"),
                          {to_wafer[k], checked<Hicann>(to_hicann[k], group, "to_hicann")}, checked<DncMerger>(to_merger[k], group, "to_merger"),
                          checked<L1Address>(to_address[k], group, "to_address")};
        config.fpgas[relay.hicann.reticle().fpga()].relays.push_back(relay);
    }
}

/// Lost synapses that act all the same, a column a property; no group where there are none.
void write_kept(hid_t ideals, const Ideals& config)
{
    if (config.kept_synapses.empty())
        return;
    const auto group = hdf5::create_group(ideals, "kept");
    const auto write_column = [&]<class T>(const char* name, T (*value)(const Ideals::KeptSynapse&)) {
        std::vector<T> column;
        column.reserve(config.kept_synapses.size());
        for (const auto& kept : config.kept_synapses)
            column.push_back(value(kept));
        hdf5::write_dataset(group, name, {column.size()}, column, true);
    };
    using Kept = Ideals::KeptSynapse;
    write_column("from_host", +[](const Kept& k) { return static_cast<std::uint8_t>(k.from_host); });
    write_column("source_id", +[](const Kept& k) { return k.source_id; });
    write_column("source_wafer", +[](const Kept& k) { return k.source_chip.wafer; });
    write_column("source_hicann", +[](const Kept& k) { return static_cast<std::uint16_t>(k.source_chip.hicann.value()); });
    write_column("source_denmem", +[](const Kept& k) { return static_cast<std::uint16_t>(k.source_firing.value()); });
    write_column("hicann", +[](const Kept& k) { return static_cast<std::uint16_t>(k.hicann.value()); });
    write_column("denmem", +[](const Kept& k) { return static_cast<std::uint16_t>(k.firing.value()); });
    write_column("input", +[](const Kept& k) { return static_cast<std::uint8_t>(k.input); });
    write_column("siemens", +[](const Kept& k) { return k.siemens; });
    write_column("plasticity", +[](const Kept& k) { return k.plasticity; });
    std::vector<double> plasticities;
    for (const TsodyksMarkram& p : config.plasticities)
        plasticities.insert(plasticities.end(), {p.utilisation, p.tau_rec_s, p.tau_facil_s});
    hdf5::write_dataset(group, "plasticities", {config.plasticities.size(), 3}, plasticities);
}

void read_kept(hid_t ideals, Ideals& config)
{
    if (!hdf5::exists(ideals, "kept"))
        return;
    const auto group = hdf5::open_group(ideals, "kept");
    const auto from_host = hdf5::read_dataset<std::uint8_t>(group, "from_host");
    const std::size_t count = from_host.size();
    const auto source_id = column<std::uint64_t>(group, "source_id", count);
    const auto source_wafer = column<std::uint16_t>(group, "source_wafer", count), source_hicann = column<std::uint16_t>(group, "source_hicann", count);
    const auto source_denmem = column<std::uint16_t>(group, "source_denmem", count), hicann = column<std::uint16_t>(group, "hicann", count);
    const auto denmem = column<std::uint16_t>(group, "denmem", count), plasticity = column<std::uint16_t>(group, "plasticity", count);
    const auto input = column<std::uint8_t>(group, "input", count);
    const auto siemens = column<float>(group, "siemens", count);
    const auto plasticities = hdf5::read_dataset<double>(group, "plasticities");
    for (std::size_t k = 0; k + 2 < plasticities.size(); k += 3)
        config.plasticities.push_back({plasticities[k], plasticities[k + 1], plasticities[k + 2]});
    for (std::size_t k = 0; k < count; ++k) {
        if (plasticity[k] > config.plasticities.size())
            throw InputError(fmt::format("{}: expected 0..{}, found {}", hdf5::where(group, "plasticity"), config.plasticities.size(), plasticity[k]));
        config.kept_synapses.push_back({from_host[k] != 0, source_id[k], {source_wafer[k], checked<Hicann>(source_hicann[k], group, "source_hicann")},
                                        checked<Denmem>(source_denmem[k], group, "source_denmem"), checked<Hicann>(hicann[k], group, "hicann"),
                                        checked<Denmem>(denmem[k], group, "denmem"),
                                        input[k] == 0 ? SynapticInput::excitatory : SynapticInput::inhibitory, siemens[k], plasticity[k]});
    }
}

}   // namespace

void write(hid_t group, const WaferConfig& config)
{
    hdf5::write_attribute(group, "format_version", wafer_format_version);
    hdf5::write_attribute(group, "wafer_id", config.wafer_id);
    std::vector<std::uint16_t> hicanns;
    for (const auto& [hicann, chip] : config.hicanns)
        hicanns.push_back(static_cast<std::uint16_t>(hicann.value()));
    hdf5::write_dataset(group, "hicanns", hicanns);
    Writer writer(group, config.hicanns);
    visit_fields(writer);

    const auto fpgas = hdf5::create_group(group, "fpgas");
    std::vector<std::uint16_t> enums;
    std::vector<std::int32_t> lookahead;
    for (const auto& [fpga, settings] : config.fpgas) {
        enums.push_back(static_cast<std::uint16_t>(fpga.value()));
        lookahead.push_back(settings.lookahead_clocks);
    }
    hdf5::write_dataset(fpgas, "enum", enums);
    hdf5::write_dataset(fpgas, "lookahead_clocks", lookahead);
    write_relays(fpgas, config);

    const auto ideals = hdf5::create_group(group, "ideals");
    if (config.ideals.uniform_delay_s)
        hdf5::write_attribute(ideals, "uniform_delay_s", *config.ideals.uniform_delay_s);
    std::vector<std::uint16_t> chips, denmems;
    std::vector<double> volts;
    for (const auto& initial : config.ideals.initial_potentials) {
        chips.push_back(static_cast<std::uint16_t>(initial.hicann.value()));
        denmems.push_back(static_cast<std::uint16_t>(initial.firing.value()));
        volts.push_back(initial.v_volt);
    }
    hdf5::write_dataset(ideals, "initial_hicann", chips);
    hdf5::write_dataset(ideals, "initial_denmem", denmems);
    hdf5::write_dataset(ideals, "initial_v_volt", volts);
    write_kept(ideals, config.ideals);
}

WaferConfig read_wafer_config(hid_t group)
{
    const int version = hdf5::read_attribute<int>(group, "format_version");
    if (version != wafer_format_version)
        throw InputError(fmt::format("{}: expected a wafer configuration of format {}, found format {}", hdf5::where(group), wafer_format_version, version));
    WaferConfig config;
    config.wafer_id = hdf5::read_attribute<int>(group, "wafer_id");
    const auto hicanns = hdf5::read_dataset<std::uint16_t>(group, "hicanns");
    for (const auto hicann : hicanns)
        config.hicanns.emplace(checked<Hicann>(hicann, group, "hicanns"), HicannConfig{});
    if (config.hicanns.size() != hicanns.size() || !std::is_sorted(hicanns.begin(), hicanns.end()))
        throw InputError(fmt::format("{}: expected HICANN enums in ascending order, each once", hdf5::where(group, "hicanns")));
    Reader reader(group, config.hicanns);
    visit_fields(reader);

    const auto fpgas = hdf5::open_group(group, "fpgas");
    const auto enums = hdf5::read_dataset<std::uint16_t>(fpgas, "enum");
    const auto lookahead = column<std::int32_t>(fpgas, "lookahead_clocks", enums.size());
    for (std::size_t k = 0; k < enums.size(); ++k)
        config.fpgas[checked<Fpga>(enums[k], fpgas, "enum")].lookahead_clocks = lookahead[k];
    read_relays(fpgas, config);

    const auto ideals = hdf5::open_group(group, "ideals");
    if (hdf5::has_attribute(ideals, "uniform_delay_s"))
        config.ideals.uniform_delay_s = hdf5::read_attribute<double>(ideals, "uniform_delay_s");
    const auto chips = hdf5::read_dataset<std::uint16_t>(ideals, "initial_hicann");
    const auto denmems = column<std::uint16_t>(ideals, "initial_denmem", chips.size());
    const auto volts = column<double>(ideals, "initial_v_volt", chips.size());
    for (std::size_t k = 0; k < chips.size(); ++k)
        config.ideals.initial_potentials.push_back({checked<Hicann>(chips[k], ideals, "initial_hicann"), checked<Denmem>(denmems[k], ideals, "initial_denmem"), volts[k]});
    read_kept(ideals, config.ideals);
    return config;
}

}   // namespace bss

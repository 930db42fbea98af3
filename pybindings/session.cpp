#include "pybindings/session.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>

#include <fmt/format.h>

#include "cli/parameter_checks.hpp"
#include "cli/results.hpp"
#include "cli/settings.hpp"
#include "mapping/ideal.hpp"
#include "mapping/sources.hpp"
#include "mapping/storage.hpp"
#include "wafer/error.hpp"
#include "wafer/files.hpp"
#include "wafer/parallel.hpp"

namespace bss::python {
namespace {

namespace fs = std::filesystem;

/// Adds the seconds of its life to a sum.
class Stopwatch
{
public:
    explicit Stopwatch(double& sum) : sum_(sum) {}
    ~Stopwatch() { sum_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;

private:
    double& sum_;
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

std::vector<NeuronRange> ranges_of(std::vector<std::uint32_t> neurons)
{
    std::sort(neurons.begin(), neurons.end());
    std::vector<NeuronRange> ranges;
    for (const std::uint32_t n : neurons)
        if (!ranges.empty() && n <= ranges.back().last + 1)
            ranges.back().last = n;
        else
            ranges.push_back({n, n});
    return ranges;
}

std::vector<std::uint32_t> neurons_of(const RecordRequest& request)
{
    std::vector<std::uint32_t> neurons;
    for (const auto& [first, last] : request.neurons)
        for (std::uint32_t n = first; n <= last; ++n)
            neurons.push_back(n);
    return neurons;
}

void throw_if_exceeded(const Exceeded& exceeded)
{
    for (const auto* lines : {&exceeded.synapse_loss, &exceeded.strict})
        if (!lines->empty())
            throw LimitError(fmt::format("{}", fmt::join(*lines, "\n")), lines == &exceeded.synapse_loss);
}

}   // namespace

Session::Session(NetworkBuilder& network, std::string settings, std::string name, const std::string& backend)
    : network_(network), settings_(std::move(settings)), name_(std::move(name)), backend_(choose_backend(backend)), configuration_(read_settings(settings_, name_)),
      recorded_(network.network())
{
}

// ---- mapping ---------------------------------------------------------------------------------------------------------

void Session::map()
{
    if (mapped())
        return throw_if_exceeded(exceeded_);
    if (now() > 0)
        throw InputError(fmt::format("{}: populations or projections were added at {:g} ms; expected them before the first run, or after a reset to time 0", name_, reached_ms_));
    const Stopwatch watch(seconds_.map);
    const Network& network = network_.network();
    configuration_ = read_settings(settings_, name_, network.populations);
    if (!ideal())
        for (const Projection& projection : network.projections)
            if (const std::string wrong = projection.stp ? wrong_on_wafer(*projection.stp) : std::string(); !wrong.empty())
                throw InputError(fmt::format("projection {}: TsodyksMarkram: {}", projection.label, wrong));
    network_.set_default_delay(configuration_.run.timestep_ms);
    if (!hardware_)
        hardware_ = std::make_unique<Hardware>(make_hardware(configuration_));
    mapping_.reset();
    mapping_ = make_mapping(configuration_, network, *hardware_);
    mapped_ = network_.versions();
    edited_ = true;
    static int count = 0;
    mapping_id_ = ideal() ? std::string() : std::to_string(++count);
    exceeded_ = exceeded_limits(configuration_, summary());
    throw_if_exceeded(exceeded_);
}

Changed Session::changes() const
{
    const Versions& now = network_.versions();
    return {.parameters = now.parameters != mapped_.parameters || now.initial != mapped_.initial,
            .weights = now.weights != mapped_.weights || now.delays != mapped_.delays,
            .sources = now.trains != mapped_.trains};
}

/// Brings the engine up to date.
void Session::take_over()
{
    const Changed changed = changes();
    if (engine_ && !restart_ && !changed.any() && !edited_ && !requested_)
        return;
    const Stopwatch watch(seconds_.prepare);
    const Network& network = network_.network();
    network_.set_default_delay(configuration_.run.timestep_ms);
    if (changed.any() && !ideal()) {
        rewrite(*mapping_, network, hardware_->machine, configuration_.mapping, configuration_.wafer.imperfections, changed);
    } else if (changed.any() && now() == 0) {
        mapping_ = make_mapping(configuration_, network, *hardware_);
    } else if (changed.sources) {               // the potentials' scale stays while states depend on it
        mapping_->stimulus = {};
        mapping_->first_source.clear();
        Machine none;
        none.speedup = configuration_.run.speedup;
        write_stimulus(*mapping_, network, none);
    }
    mapped_ = network_.versions();

    configuration_.record.clear();
    for (const auto& [key, request] : requests_)
        configuration_.record.push_back(request);
    plan_ = plan_recording(configuration_, network, *mapping_, hardware_->technology, hardware_->machine.defects);
    Program program = make_program(configuration_, network, *hardware_, *mapping_, plan_.traces);
    owners_ = std::make_unique<SpikeOwners>(network, *mapping_, program.neurons);
    window_steps_ = program.window_steps;
    if (!engine_)
        engine_ = make_engine(std::move(program), mapping_->stimulus, {.backend = backend_.name, .threads = threads()});
    else if (restart_)
        engine_->restart(std::move(program), mapping_->stimulus);
    else
        engine_->change(std::move(program), mapping_->stimulus);
    restart_ = edited_ = requested_ = false;
}

// ---- running ---------------------------------------------------------------------------------------------------------

void Session::run(double until_ms, const std::function<bool()>& after_chunk)
{
    if (!std::isfinite(until_ms) || until_ms < reached_ms_)
        throw InputError(fmt::format("run: expected a time from now on ({:g} ms), found {:g} ms", reached_ms_, until_ms));
    map();
    take_over();
    const Stopwatch watch(seconds_.run);
    const double timestep_ms = configuration_.run.timestep_ms;
    const std::int64_t steps = steps_of(until_ms, timestep_ms);
    const auto take = [&] {
        recorded_.add(engine_->take_recording(), *owners_, mapping_->scale, plan_);
        reached_ms_ = engine_->now() >= steps ? until_ms : static_cast<double>(engine_->now()) * timestep_ms;
    };
    advance(*engine_, steps, [&] {
        take();
        return after_chunk();
    });
    take();
    recorded_.set_present(engine_->present(), engine_->now(), plan_);
}

void Session::reset()
{
    restart_ = true;
    reached_ms_ = 0;
    recorded_.clear();
}

// ---- recording -------------------------------------------------------------------------------------------------------

void Session::record_spikes(std::uint32_t population, std::optional<std::vector<std::uint32_t>> neurons)
{
    recorded_.keep_spikes(population, std::move(neurons));
}

void Session::record(Variable variable, std::uint32_t index, std::optional<std::vector<std::uint32_t>> neurons, std::optional<double> interval_ms, Through through)
{
    const Population& population = network_.network().populations.at(index);
    const Recorded::Key key{variable, index};
    if (neurons && neurons->empty()) {
        requested_ = requests_.erase(key) > 0 || requested_;
        return;
    }
    RecordRequest request{.variable = variable, .population = index, .neurons = {{0, population.size - 1}}, .interval_ms = interval_ms.value_or(timestep_ms()), .through = ideal() ? Through::probe : through};
    if (neurons)
        request.neurons = ranges_of(std::move(*neurons));
    if (const auto [part, what] = complete_recording(request, population, timestep_ms()); !what.empty())
        throw InputError(fmt::format("record: {}{}{}", part, part.empty() ? "" : ": ", what));
    const auto before = requests_.find(key);
    if (before != requests_.end() && before->second.interval_steps != request.interval_steps)
        recorded_.drop(key);
    requests_[key] = std::move(request);
    requested_ = true;
}

SampleTable Session::samples(Variable variable, std::uint32_t population, const std::optional<std::vector<std::uint32_t>>& wanted) const
{
    const Recorded::Key key{variable, population};
    const auto& blocks = recorded_.blocks(key);
    const auto request = requests_.find(key);
    std::vector<std::uint32_t> neurons;
    if (wanted)
        neurons = *wanted;
    else if (request != requests_.end())
        neurons = neurons_of(request->second);
    SampleTable table;
    table.interval_steps = request == requests_.end() ? 1 : request->second.interval_steps;
    if (blocks.empty())
        return table;
    table.first_step = blocks.front().first_step;
    table.interval_steps = blocks.front().interval_steps;
    table.samples = static_cast<std::size_t>((blocks.back().next_step() - table.first_step) / table.interval_steps);
    table.values.assign(table.samples * neurons.size(), std::numeric_limits<double>::quiet_NaN());
    for (const SampleBlock& block : blocks) {
        const auto first = static_cast<std::size_t>((block.first_step - table.first_step) / table.interval_steps);
        const std::size_t width = block.neurons.size();
        for (std::size_t k = 0; k < neurons.size(); ++k) {
            const auto at = std::lower_bound(block.neurons.begin(), block.neurons.end(), neurons[k]);
            if (at == block.neurons.end() || *at != neurons[k])
                continue;
            const auto column = static_cast<std::size_t>(at - block.neurons.begin());
            for (std::size_t s = 0; s < block.samples(); ++s)
                table.values[(first + s) * neurons.size() + k] = block.values[s * width + column];
        }
    }
    return table;
}

// ---- what became of the network --------------------------------------------------------------------------------------

const Mapping& Session::mapping() const
{
    if (!mapping_)
        throw InputError("the network is not mapped yet: run it, or call map()");
    return *mapping_;
}

const WaferConfig& Session::wafer(std::size_t wafer) const
{
    const auto& wafers = mapping().wafers;
    if (ideal())
        throw InputError("run.mode ideal has no wafer");
    if (wafer >= wafers.size())
        throw InputError(fmt::format("expected a wafer below {}, found {}", wafers.size(), wafer));
    return wafers[wafer];
}

WaferConfig& Session::edit(std::size_t index)
{
    const WaferConfig& config = wafer(index);
    edited_ = true;
    return const_cast<WaferConfig&>(config);
}

Json Session::summary() const { return summary(std::string()); }

Json Session::summary(const std::string& mapping_sha256) const
{
    Configuration configuration = configuration_;
    configuration.run.duration_ms = reached_ms_;
    Outcome outcome = outcome_of(configuration, network_.network(), *hardware_, mapping(), mapping_sha256);
    if (engine_ && !restart_) {
        RunAccount account = account_of(*engine_);
        account.backend_reason = backend_.why;
        account.window_steps = window_steps_;
        account.seconds = seconds_.run;
        account.completed_ms = reached_ms_;
        outcome.run = account;
        outcome.activity = recorded_.activity();
        outcome.activity.resize(network_.network().populations.size());
        outcome.warnings = warnings_of_run(*mapping_, account.counters);
    }
    return make_summary(outcome);
}

void Session::save_mapping(const std::string& path, bool list_synapses) const
{
    const Mapping& stored = mapping();
    if (ideal())
        throw InputError("run.mode ideal has no mapping to be saved");
    write_mapping(path, stored, network_.network(), list_synapses);
}

void Session::write(const std::string& folder) const
{
    const Network& network = network_.network();
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        throw RunError(fmt::format("{}: cannot be created: {}", folder, error.message()));
    remove_results(folder);
    const std::string sha256 = ideal() ? std::string() : write_mapping(fs::path(folder) / "mapping.h5", mapping(), network, false);

    std::vector<PopulationSpikes> spikes;
    for (std::uint32_t p = 0; p < network.populations.size(); ++p) {
        const Spikes& own = recorded_.spikes(p);
        spikes.push_back({network.populations[p].name, own.times_ms, {own.neurons.begin(), own.neurons.end()}});
        sort_by_time(spikes.back());
    }
    write_spikes(fs::path(folder) / "spikes.h5", spikes);

    for (auto request = requests_.begin(); request != requests_.end();) {
        const Variable variable = request->first.first;
        std::vector<Report> reports;
        for (; request != requests_.end() && request->first.first == variable; ++request) {
            const std::vector<std::uint32_t> neurons = neurons_of(request->second);
            const SampleTable table = samples(variable, request->first.second, std::nullopt);
            const auto rows = static_cast<std::size_t>(std::ceil(reached_ms_ / request->second.interval_ms - 1e-9));     // samples before the end
            Report report{.population = network.populations[request->first.second].name, .node_ids = {neurons.begin(), neurons.end()}, .stop_ms = reached_ms_, .step_ms = request->second.interval_ms, .data = {}};
            report.data.assign(rows * neurons.size(), std::numeric_limits<float>::quiet_NaN());
            const auto first = static_cast<std::size_t>(table.first_step / table.interval_steps);
            for (std::size_t s = 0; s < table.samples && first + s < rows; ++s)
                for (std::size_t k = 0; k < neurons.size(); ++k)
                    report.data[(first + s) * neurons.size() + k] = static_cast<float>(table.values[s * neurons.size() + k]);
            reports.push_back(std::move(report));
        }
        write_reports(fs::path(folder) / fmt::format("{}.h5", name_of(variable)), std::string(unit_of(variable)), reports);
    }
    write_text(fs::path(folder) / "summary.json", json_text(summary(sha256)) + "\n");
}

}   // namespace bss::python

// Whole runs of the shipped networks, and of one of the size that ESS was measured with, beside their floor (floor.hpp). Usage: whole_run [milliseconds of biology [network ...]]
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "cli/configuration.hpp"
#include "floor.hpp"
#include "wafer/parallel.hpp"

namespace {

using namespace bss;

/// The random network with as many neurons as ESS was measured with: at 8 denmems each they need 42 HICANNs.
constexpr std::string_view ess_size = "brunel-2673";

Configuration configuration_of(const std::string& name)
{
    Configuration configuration = read_configuration(BSS_SOURCE_DIR "/configs/" + (name == ess_size ? "brunel" : name) + ".yaml");
    if (name == ess_size)
        for (Population& population : configuration.network.populations)
            population.size = population.name == "E" ? 2138 : population.name == "I" ? 535 : 2673;
    return configuration;
}

void measure(const std::string& name, double duration_ms)
{
    const Configuration configuration = configuration_of(name);
    const auto silicon = std::make_shared<const Silicon>(Technology::load(configuration.wafer.technology), configuration.wafer.imperfections, configuration.wafer.ids.front());
    Machine machine{{silicon}, defects_of(configuration), {oracle_calibration(*silicon)}, {}, configuration.run.speedup};
    machine.chips = configuration.wafer.chips;
    const Network network = expand_network(configuration);
    const Mapping mapping = map(network, machine, configuration.mapping, configuration.wafer.imperfections);
    const RunSettings settings{.timestep_s = mapping.scale.seconds(configuration.run.timestep_ms), .trial = configuration.run.seed, .traces = {}};
    for (const int threads : {1, bss::threads()}) {
        const double seconds = benchmark::measure(name, elaborate(mapping.wafers, std::span(silicon.get(), 1), settings), mapping.stimulus,
                                                  static_cast<std::int64_t>(duration_ms / configuration.run.timestep_ms), threads, configuration.run.speedup);
        if (name == ess_size)
            std::printf("  ESS took at least %.0f s for as many neurons: %.0f times as long\n", benchmark::ess_s, benchmark::ess_s / seconds);
    }
}

}   // namespace

int main(int argc, char** argv)
{
    const double duration_ms = argc > 1 ? std::atof(argv[1]) : 500.0;
    const std::vector<std::string> names = argc > 2 ? std::vector<std::string>(argv + 2, argv + argc) : std::vector<std::string>{"brunel", std::string(ess_size), "wafer-30", "wafer"};
    benchmark::print_heading();
    for (const std::string& name : names)
        measure(name, duration_ms);
}

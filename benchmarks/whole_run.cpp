// Whole runs of the shipped networks beside their floor (floor.hpp). Usage: whole_run [milliseconds of biology [network ...]]
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "cli/configuration.hpp"
#include "floor.hpp"
#include "wafer/parallel.hpp"

namespace {

using namespace bss;

void measure(const std::string& name, double duration_ms)
{
    const Configuration configuration = read_configuration(BSS_SOURCE_DIR "/configs/" + name + ".yaml");
    const auto silicon = std::make_shared<const Silicon>(Technology::load(configuration.wafer.technology), configuration.wafer.imperfections, configuration.wafer.ids.front());
    Machine machine{{silicon}, defects_of(configuration), {oracle_calibration(*silicon)}, {}, configuration.run.speedup};
    machine.chips = configuration.wafer.chips;
    const Network network = expand_network(configuration);
    const Mapping mapping = map(network, machine, configuration.mapping, configuration.wafer.imperfections);
    const RunSettings settings{.timestep_s = mapping.scale.seconds(configuration.run.timestep_ms), .trial = configuration.run.seed, .traces = {}};
    for (const int threads : {1, bss::threads()})
        benchmark::measure(name, elaborate(mapping.wafers, std::span(silicon.get(), 1), settings), mapping.stimulus,
                           static_cast<std::int64_t>(duration_ms / configuration.run.timestep_ms), threads, configuration.run.speedup);
}

}   // namespace

int main(int argc, char** argv)
{
    const double duration_ms = argc > 1 ? std::atof(argv[1]) : 500.0;
    const std::vector<std::string> names = argc > 2 ? std::vector<std::string>(argv + 2, argv + argc) : std::vector<std::string>{"brunel", "wafer-30", "wafer"};
    benchmark::print_heading();
    for (const std::string& name : names)
        measure(name, duration_ms);
}

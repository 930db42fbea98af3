// The table of docs/mapping.md: what is lost and how long it takes, for every family of reference networks over its sizes, on a sound wafer and on one with defects.
// Usage: mapping_table [name of a family]
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "mapping/mapping.hpp"
#include "reference_networks.hpp"
#include "wafer/error.hpp"

namespace {

using namespace bss;

constexpr double broken = 0.02, broken_repeaters = 0.002;

Machine make_machine(bool defects)
{
    Machine machine;
    machine.silicon = {std::make_shared<const Silicon>(Technology::load("hicann-x1000"), Imperfections{}, 1)};
    machine.calibration = {ideal_calibration(*machine.silicon[0])};
    std::map<std::string, double> fractions;
    for (const DefectKind& kind : defect_kinds())
        if (defects)
            fractions[std::string(kind.name)] = kind.name.ends_with("repeaters") ? broken_repeaters : broken;
    machine.defects = {derived(random_defects(fractions, 1))};
    for (const Hicann hicann : all<Hicann>())
        if (machine.defects[0].usable(hicann))
            machine.chips.push_back({0, hicann});
    return machine;
}

struct Result {
    std::string lost = "does not fit", seconds = "-", by_cause;
    bool sound = true;
};

Result measure(const Network& network, const Machine& machine, const MappingOptions& options)
{
    Mapping mapping;
    try {
        mapping = map(network, machine, options, {});
    } catch (const InputError&) {
        return {};
    }
    std::uint64_t requested = 0, realised = 0, lost = 0;
    std::array<std::uint64_t, loss_cause_names.size()> causes{};
    for (const ProjectionAccount& account : mapping.account) {
        requested += account.requested;
        realised += account.realised;
        lost += account.lost;
        for (std::size_t k = 0; k < causes.size(); ++k)
            causes[k] += account.lost_by_cause[k];
    }
    Result result{fmt::format("{:.3f}", 100 * static_cast<double>(lost) / static_cast<double>(requested)), fmt::format("{:.2f}", mapping.seconds), {}, {}};
    for (std::size_t k = 0; k < causes.size(); ++k)
        if (causes[k] > 0)
            result.by_cause += std::string(result.by_cause.empty() ? "" : ", ") + std::string(loss_cause_names[k]);
    result.sound = mapping.rebuilt_from_bits && realised + lost == requested && requested == network.synapses();
    for (const Violation& violation : mapping.violations)
        result.sound &= violation.severity == Severity::information;
    return result;
}

}   // namespace

int main(int argc, char** argv)
{
    const Machine sound = make_machine(false), defective = make_machine(true);
    bool all_sound = true;
    std::puts("| family | size | denmems | neurons | synapses | lost % | s | by | defects: lost % | s | by |");
    std::puts("|---|---|---|---|---|---|---|---|---|---|---|");
    for (const Family& family : families())
        for (const FamilyMember& member : family.members) {
            if (argc > 1 && std::strcmp(argv[1], family.name.c_str()) != 0)
                continue;
            const Network network = expand(member.network());
            MappingOptions options;
            options.neuron_size = member.neuron_size;
            options.timestep_s = 1e-7;
            const Result a = measure(network, sound, options), b = measure(network, defective, options);
            all_sound &= a.sound && b.sound;
            fmt::print("| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |{}\n", family.name, member.size, member.neuron_size, network.neurons(), network.synapses(), a.lost, a.seconds,
                       a.by_cause, b.lost, b.seconds, b.by_cause, a.sound && b.sound ? "" : " WRONG");
            std::fflush(stdout);
        }
    if (!all_sound)
        std::puts("\nWRONG: a design rule is broken, or the network rebuilt from the bits is not requested minus lost.");
    return all_sound ? 0 : 1;
}

// Cost of a row event: an event on a row of 256 synapses, 16 or 2 of which answer. Events come over routes to 8 rows, as mappings make them;
// one chip in the cache, and rows all over a wafer. Beside it what it costs just to read the 256 bytes of a row as the chip has it, in the same order.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>
#include <numeric>
#include <vector>

#include "kernels/cpu/synapses.hpp"
#include "wafer/random.hpp"

namespace {

using namespace bss;

constexpr int rows_per_chip = 440, rows_per_route = 8, events = 200'000, denmems_per_neuron = 4, answers_few = 2, answers_many = 16;

double thread_seconds()
{
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// A full chip of neurons of 2 x 2 denmems: every row used, decoders spread evenly.
Program full_chip(int answers)
{
    Program program;
    ChipProgram& chip = program.chips.emplace_back();
    for (int n = 0; n < Denmem::count / denmems_per_neuron; ++n)
        for (const int half : {0, 1})
            for (const int dx : {0, 1})
                chip.denmems.push_back(Denmem(Column(2 * n + dx), static_cast<Half>(half)));
    for (int r = 0; r < rows_per_chip; ++r) {
        chip.rows.push_back({SynapseRow(r), 0, 0, -1});
        for (std::uint32_t c = 0; c < Column::count; ++c) {
            const auto words = random_words(1, Purpose::test, static_cast<std::uint32_t>(r), c, 0, 0);
            chip.addresses.push_back(static_cast<std::uint8_t>(words[0] % 16 < 16u * answers / answers_many ? words[1] % 16 : deaf_synapse));
            chip.increments.push_back(static_cast<std::uint16_t>(words[2]));
        }
        if (r % rows_per_route == 0) {
            RouteProgram route;
            route.first_row.fill(static_cast<std::uint32_t>(r + rows_per_route));
            route.first_row[0] = static_cast<std::uint32_t>(r);
            program.routes.push_back(route);
        }
        program.route_rows.push_back(static_cast<std::uint16_t>(r));
    }
    return program;
}

/// Membranes' order: blocks of 16 neurons, denmem by denmem.
std::vector<int> slots(const ChipProgram& chip)
{
    std::vector<int> result;
    for (int k = 0; k < static_cast<int>(chip.denmems.size()); ++k) {
        const int neuron = k / denmems_per_neuron;
        result.push_back((neuron / 16 * denmems_per_neuron + k % denmems_per_neuron) * 16 + neuron % 16);
    }
    return result;
}

struct Event {
    int chip;
    std::uint32_t route, address;
    SynapseList list;
};

std::vector<Event> random_events(int chips)
{
    std::vector<Event> list;
    for (std::uint32_t k = 0; k < 100'000; ++k) {
        const auto words = random_words(7, Purpose::test, k, 0, 0, 0);
        list.push_back({static_cast<int>(words[0] % static_cast<std::uint32_t>(chips)), words[1] % (rows_per_chip / rows_per_route), words[2] % 16, 0});
    }
    return list;
}

/// Nanoseconds a row event; best of five.
template <class Work>
double nanoseconds(const std::vector<Event>& list, Work&& work)
{
    double best = 1e9;
    for (int repetition = 0; repetition < 5; ++repetition) {
        const double start = thread_seconds();
        for (int k = 0; k < events; ++k)
            work(list[k % list.size()], list[(k + 8) % list.size()]);
        best = std::min(best, (thread_seconds() - start) / events / rows_per_route * 1e9);
    }
    return best;
}

}   // namespace

int main()
{
    alignas(64) static std::int32_t sums[2 * Denmem::count];
    std::vector<std::uint32_t> routes(rows_per_chip / rows_per_route);
    std::iota(routes.begin(), routes.end(), 0);
    std::printf("%6s %8s %14s %14s %8s\n", "chips", "answers", "row event/ns", "256 bytes/ns", "ratio");
    for (const int chips : {1, 384}) {
        auto list = random_events(chips);
        constexpr std::size_t words_per_route = rows_per_route * Column::count / 8;
        std::vector<std::uint64_t> bytes(static_cast<std::size_t>(chips) * rows_per_chip * Column::count / 8, 1);
        std::uint64_t total = 0;
        const double read_ns = nanoseconds(list, [&](const Event& event, const Event& later) {
            const auto at = [&](const Event& e) { return bytes.data() + static_cast<std::size_t>(e.chip) * rows_per_chip * Column::count / 8 + e.route * words_per_route; };
            for (std::size_t k = 0; k < words_per_route; k += 8)
                __builtin_prefetch(at(later) + k);
            for (std::size_t k = 0; k < words_per_route; ++k)
                total += at(event)[k];
        });
        for (const int answers : {answers_many, answers_few}) {
            const Program program = full_chip(answers);
            std::vector<std::unique_ptr<Synapses>> synapses;
            std::vector<std::vector<RouteLists>> lists;
            for (int c = 0; c < chips; ++c) {
                synapses.push_back(std::make_unique<Synapses>(program, 0, routes, slots(program.chips[0]), Denmem::count));
                lists.push_back(synapses.back()->take_routes());
            }
            for (Event& event : list)
                event.list = lists[event.chip][event.route].lists[event.address];
            const double ns = nanoseconds(list, [&](const Event& event, const Event& later) {
                synapses[later.chip]->prefetch(later.list);
                synapses[event.chip]->deliver(event.list, 0.0, sums);
            });
            std::printf("%6d %8d %14.1f %14.1f %8.2f\n", chips, answers, ns, read_ns, ns / read_ns);
        }
        if (total == 0)
            return 1;
    }
}

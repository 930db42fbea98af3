// Cost of a row event: an event that asks the 256 synapses of a row, 16 of which answer. One chip in the cache, and rows all over a wafer;
// beside it what it costs just to read the row's bytes (256 addresses, 512 of increments) in the same order.
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>
#include <vector>

#include "kernels/cpu/rows.hpp"
#include "wafer/random.hpp"

namespace {

using namespace bss;

constexpr int rows_per_chip = 440, events = 2'000'000, denmems_per_neuron = 4;

double thread_seconds()
{
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// A full chip of neurons of 2 x 2 denmems: every row used, decoders spread evenly.
ChipProgram full_chip(std::uint32_t seed)
{
    ChipProgram chip;
    for (int n = 0; n < Denmem::count / denmems_per_neuron; ++n)
        for (const int half : {0, 1})
            for (const int dx : {0, 1})
                chip.denmems.push_back(Denmem(Column(2 * n + dx), static_cast<Half>(half)));
    for (int r = 0; r < rows_per_chip; ++r) {
        chip.rows.push_back({SynapseRow(r), 0, static_cast<std::uint8_t>(r % 4), -1});
        for (std::uint32_t c = 0; c < Column::count; ++c) {
            const auto words = random_words(seed, Purpose::test, r, c, 0, 0);
            chip.addresses.push_back(static_cast<std::uint8_t>(words[0] % 16));
            chip.increments.push_back(static_cast<std::uint16_t>(words[1]));
        }
    }
    return chip;
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
    std::uint16_t row;
    L1Address address;
};

std::vector<Event> random_events(int chips)
{
    std::vector<Event> list;
    for (std::uint32_t k = 0; k < 100'000; ++k) {
        const auto words = random_words(7, Purpose::test, k, 0, 0, 0);
        list.push_back({static_cast<int>(words[0] % chips), static_cast<std::uint16_t>(words[1] % rows_per_chip), L1Address(static_cast<int>(words[2] % 16))});
    }
    return list;
}

template <class Work>
double nanoseconds(const std::vector<Event>& list, Work&& work)
{
    double best = 1e9;
    for (int repetition = 0; repetition < 3; ++repetition) {
        const double start = thread_seconds();
        for (int k = 0; k < events / 3; ++k)
            work(list[k % list.size()], list[(k + 8) % list.size()]);
        best = std::min(best, (thread_seconds() - start) / (events / 3) * 1e9);
    }
    return best;
}

}   // namespace

int main()
{
    std::vector<ChipProgram> programs;
    for (std::uint32_t seed = 0; seed < 4; ++seed)
        programs.push_back(full_chip(seed));
    alignas(64) static std::int32_t sums[2][Denmem::count];
    std::printf("%-10s %8s %14s %14s %8s\n", "simd", "chips", "row event/ns", "its bytes/ns", "ratio");
    for (const int chips : {1, 384}) {
        const auto list = random_events(chips);
        std::vector<std::uint64_t> bytes(static_cast<std::size_t>(chips) * rows_per_chip * 768 / 8, 1);
        std::uint64_t total = 0;
        const double read_ns = nanoseconds(list, [&](const Event& event, const Event& ahead) {
            const auto at = [&](const Event& e) { return bytes.data() + (static_cast<std::size_t>(e.chip) * rows_per_chip + e.row) * 96; };
            for (int line = 0; line < 12; ++line)
                __builtin_prefetch(at(ahead) + 8 * line);
            for (int k = 0; k < 96; ++k)
                total += at(event)[k];
        });
        for (const char* simd : {"avx512", "avx2", "baseline"}) {
            if ((!std::strcmp(simd, "avx512") && !__builtin_cpu_supports("avx512bw")) || (!std::strcmp(simd, "avx2") && !__builtin_cpu_supports("avx2")))
                continue;
            std::vector<std::unique_ptr<Rows>> rows;
            for (int c = 0; c < chips; ++c)
                rows.push_back(std::make_unique<Rows>(programs[c % programs.size()], slots(programs[c % programs.size()]), simd));
            const double ns = nanoseconds(list, [&](const Event& event, const Event& ahead) {
                rows[ahead.chip]->prefetch(ahead.row);
                rows[event.chip]->deliver(std::span(&event.row, 1), event.address, 0.0, {sums[0], sums[1]});
            });
            std::printf("%-10s %8d %14.1f %14.1f %8.2f\n", simd, chips, ns, read_ns, ns / read_ns);
        }
        if (total == 0)
            return 1;
    }
}

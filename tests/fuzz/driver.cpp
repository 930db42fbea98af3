// Stands in for libFuzzer where there is no clang: mutates the seeds, the same way every time, and knows nothing of coverage.
// Usage: fuzz_<target> [number of inputs] | --seeds FOLDER (writes them) | FILE … (runs these)
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "target.hpp"
#include "wafer/random.hpp"

namespace {

using namespace bss;

/// Random numbers of an input.
class Draw {
public:
    explicit Draw(std::uint32_t input) : input_(input) {}
    std::size_t below(std::size_t n) { return random_words(1, Purpose::test, 16, input_, 0, n_++)[0] % std::max<std::size_t>(n, 1); }

private:
    std::uint32_t input_, n_ = 0;
};

/// A few changes: bytes flipped, replaced, cut out, doubled, or taken from another seed.
std::string mutated(const std::vector<std::string>& seeds, std::uint32_t input)
{
    Draw draw(input);
    std::string text = seeds[draw.below(seeds.size())];
    for (std::size_t k = 1 + draw.below(6); k > 0 && !text.empty(); --k) {
        const std::size_t at = draw.below(text.size()), length = 1 + draw.below(std::min<std::size_t>(text.size() - at, 24));
        switch (draw.below(6)) {
        case 0:
            text[at] = static_cast<char>(text[at] ^ (1 << draw.below(8)));
            break;
        case 1:
            text[at] = static_cast<char>(draw.below(256));
            break;
        case 2:
            text.erase(at, length);
            break;
        case 3:
            text.insert(draw.below(text.size()), text.substr(at, length));
            break;
        case 4:
            text.insert(at, "0123456789-.:{}[]*&!#'\"\n"[draw.below(24)] + std::string());
            break;
        default:
            const std::string& other = seeds[draw.below(seeds.size())];
            if (!other.empty())
                text.insert(at, other.substr(draw.below(other.size()), length));
        }
    }
    return text;
}

fuzz::Bytes bytes_of(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

}   // namespace

int main(int argc, char** argv)
{
    const auto seeds = fuzz::seeds();
    if (argc == 3 && std::string(argv[1]) == "--seeds") {
        std::filesystem::create_directories(argv[2]);
        for (std::size_t k = 0; k < seeds.size(); ++k)
            std::ofstream(std::filesystem::path(argv[2]) / ("seed-" + std::to_string(k)), std::ios::binary) << seeds[k];
        return 0;
    }
    const unsigned long count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1000;
    if (argc > 1 && count == 0) {
        for (int k = 1; k < argc; ++k) {
            std::ifstream file(argv[k], std::ios::binary);
            fuzz::run(bytes_of({std::istreambuf_iterator<char>(file), {}}));
        }
        return 0;
    }
    for (const std::string& seed : seeds)
        fuzz::run(bytes_of(seed));
    for (unsigned long k = 0; k < count; ++k) {
        const std::string input = mutated(seeds, static_cast<std::uint32_t>(k));
        std::ofstream("last-input-" + std::filesystem::path(argv[0]).filename().string(), std::ios::binary) << input;      // what crashed is the last one
        fuzz::run(bytes_of(input));
    }
    std::printf("%lu inputs\n", count + seeds.size());
}

// Calibration tables (wafer.calibration: T.h5): an input is a list of changes to a sound one. A table that is read can be used.
#include <cmath>
#include <cstdlib>
#include <fstream>

#include "calibration/calibration.hpp"
#include "hdf5_edits.hpp"

namespace bss::fuzz {
namespace {

const Silicon& silicon()
{
    static const Silicon made(Technology::load("hicann-v4"), Imperfections{}, 1);
    return made;
}

/// A chip with transforms of every form.
std::string sound_file(const std::filesystem::path& path)
{
    Table table;
    table.info.technology = silicon().technology().name;
    table.info.technology_sha256 = silicon().technology().sha256;
    ChipTable chip;
    chip.hicann = Hicann(174);
    for (int q = 0; q < quantity_count; ++q) {
        const bool volts = !info(static_cast<Quantity>(q)).relative;
        for (std::size_t k = 0; k < chip.transforms[q].size(); ++k) {
            Transform& t = chip.transforms[q][k];
            t = {.reason = Reason::none, .variance = {1e-6, 0, 0}, .dac_low = 200, .dac_high = 900, .residual = 1e-3, .points = 8};
            if (volts)
                t.form = Transform::Form::line, t.c = {0.01, 1.7e-3};
            else if (k % 74 == 0)
                t.form = Transform::Form::softplus, t.c = {-15, 0.02, 0.02, 400};
            else if (k % 2 == 0)
                t.form = Transform::Form::inverse, t.c = {6e3, 1e-3};
            else
                t.form = Transform::Form::scaled, t.c = {1.1, 0};
        }
    }
    for (int q = static_cast<int>(Quantity::weight); q < quantity_count; ++q)
        for (Transform& t : chip.transforms[q])
            t.form = Transform::Form::constant, t.c = {1.02};
    chip.population(Quantity::tau_m) = {{10, 100, 1000}, {1e-5, 1e-6, 1e-7}};
    table.chips.emplace(chip.hicann, std::move(chip));
    write_table(path, table);
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// Asks as a mapping does.
void use(Table table)
{
    std::vector<Hicann> hicanns;
    for (const auto& [hicann, chip] : table.chips)
        hicanns.push_back(hicann);
    const OperatingMode mode = table.info.operating;
    const auto calibration = table_calibration(silicon(), std::move(table));
    for (const Hicann hicann : hicanns) {
        calibration->unusable(hicann);
        for (int place = 0; place < Denmem::count; place += 37) {
            const Denmem d(place);
            calibration->v_reset(hicann, d).dac(0.7);
            for (int p = 0; p < neuron_fg_count; ++p) {
                const auto cell = static_cast<NeuronFg>(p);
                const Transfer transfer = calibration->neuron(hicann, d, cell, mode);
                for (const double value : {0.8, 1e-6})
                    calibration->sigma(hicann, d, cell, mode, transfer.dac(value));
                calibration->technical(hicann, d, cell);
            }
        }
        for (int row = 0; row < SynapseRow::count; row += 31)
            calibration->row_factor(hicann, SynapseRow(row));
        for (int line = 0; line < SynapseDriver::count; line += 13) {
            const SynapseDriver driver(line);
            const StpFactors factors = calibration->stp(hicann, driver), sigma = calibration->stp_sigma(hicann, driver);
            if (!(factors.utilisation > 0 && factors.tau_rec > 0 && factors.lambda > 0 && sigma.utilisation >= 0 && sigma.tau_rec >= 0 && sigma.lambda >= 0))
                std::abort();
        }
    }
}

}   // namespace

std::vector<std::string> seeds()
{
    using namespace std::string_literals;
    return {"", "\0\x05\0\x01\x07\0\0\0"s, "\x02\x40\0\0\xff\xff\xff\xff"s, "\x02\x41\0\0\0\0\0\0"s, "\x03\x10\0\0\0\0\0\0"s, "\x04\x20\0\x03\0\0\0\0"s, "\x06\0\0\0\x02\0\0\0"s, "\x07\x03\0\0\0\0\0\0\x05\x08\0\x02\0\0\0\0"s};
}

void read(Bytes input, const std::filesystem::path& folder)
{
    static const std::string sound = sound_file(folder / "sound.h5");
    const auto file = folder / "table.h5";
    std::ofstream(file, std::ios::binary) << sound;
    edit(file, input);
    use(read_table(file));
}

}   // namespace bss::fuzz

// load(save(x)) = x, equal bytes for equal content, and files that are whole or absent.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "wafer/error.hpp"
#include "wafer/files.hpp"
#include "wafer/hdf5.hpp"
#include "wafer/random.hpp"
#include "wafer/storage.hpp"

namespace bss {
namespace {

namespace fs = std::filesystem;

class Storage : public testing::Test {
protected:
    void SetUp() override
    {
        folder = fs::temp_directory_path() / ("bss-storage-" + std::to_string(::getpid()) + testing::UnitTest::GetInstance()->current_test_info()->name());
        fs::create_directory(folder);
    }
    void TearDown() override { fs::remove_all(folder); }
    fs::path folder;
};

/// A configuration in which every field of some chips differs from its default.
WaferConfig scrambled(std::uint64_t seed)
{
    std::uint32_t n = 0;
    const auto below = [&](int limit) { return static_cast<int>(random_words(seed, Purpose::test, 0, 0, 0, n++)[0] % static_cast<std::uint32_t>(limit)); };
    const auto byte = [&](int limit) { return static_cast<std::uint8_t>(below(limit)); };
    WaferConfig config;
    config.wafer_id = 3 + below(10);
    config.fpgas[Fpga(below(48))].lookahead_clocks = 62;
    config.ideals.uniform_delay_s = 1e-7;
    config.ideals.initial_potentials.push_back({Hicann(20), Denmem(5), 0.7});
    config.ideals.plasticities = {{0.3, 1e-4, 0}, {0.2, 0, 2e-4}};
    config.ideals.kept_synapses = {{true, 1ull << 40, {}, {}, Hicann(20), Denmem(5), SynapticInput::inhibitory, 1e-8f, 0},
                                   {false, 0, {1, Hicann(7)}, Denmem(511), Hicann(21), Denmem(6), SynapticInput::excitatory, 2e-8f, 2}};
    for (const int chip : {20, 21, 300}) {
        HicannConfig& c = config.hicanns[Hicann(chip)];
        for (auto& d : c.denmems)
            d = {below(2) == 1, below(2) == 1, below(2) == 1, below(2) == 1, below(2) == 1, L1Address(below(64))};
        for (auto& q : c.quads)
            q = {{below(2) == 1, below(2) == 1}, {below(2) == 1, below(2) == 1}};
        for (auto& h : c.halves)
            h = {below(2) == 1, Gear(below(3)), Gear(below(3)), Gear(below(3))};
        for (auto& denmem : c.fg.neuron)
            for (auto& dac : denmem)
                dac = below(1024) + 0.25;
        c.fg.shared[2][5] = 77;
        for (auto& d : c.drivers) {
            d.enable = below(2) == 1, d.locin = below(2) == 1, d.connect_neighbour = below(2) == 1, d.stp_enable = below(2) == 1;
            d.stp_mode = StpMode(below(2)), d.stp_cap = byte(8);
            for (auto& r : d.rows)
                r = {below(2) == 1, below(2) == 1, byte(4), byte(16), byte(16), {byte(4), byte(4)}};
        }
        for (auto& w : c.synapses.weight)
            w = byte(16);
        for (auto& w : c.synapses.decoder)
            w = byte(16);
        c.stdp[1].enable = true, c.stdp[1].lut_causal[3] = 9, c.stdp[0].pattern = {3, 12}, c.stdp[0].write_delay = 4;
        for (auto& b : c.background)
            b = {below(2) == 1, below(2) == 1, static_cast<std::uint16_t>(below(65536)), static_cast<std::uint16_t>(below(65536)), L1Address(below(64))};
        for (auto& m : c.mergers)
            m = {MergerMode(below(3)), below(2) == 1, false};
        for (auto& m : c.dnc_mergers)
            m = {MergerMode(below(3)), below(2) == 1, below(2) == 1};
        for (auto& g : c.gbit_links)
            g = GbitLink(below(3));
        for (auto& r : c.h_repeaters)
            r = {RepeaterConfig::Mode(below(6)), below(2) == 1, below(2) == 1};
        for (auto& r : c.v_repeaters)
            r = {RepeaterConfig::Mode(below(6)), below(2) == 1, below(2) == 1};
        for (int k = 0; k < 50; ++k) {
            c.crossbar.set(static_cast<std::size_t>(below(512)));
            c.synapse_switches.set(static_cast<std::size_t>(below(7168)));
        }
        c.stimulus[1] = {true, false, 3, {}};
        c.stimulus[1].dac[128] = 512.5;
        c.analog_outputs = {AnalogOutput::membrane_top_odd, AnalogOutput::off};
        c.pll_hz = 100e6;
    }
    // Only one chip has the fields that exist while quantisation is off.
    config.hicanns[Hicann(21)].fg.own_v_reset.assign(Denmem::count, 1.5);
    config.hicanns[Hicann(21)].synapses.exact_conductance.assign(SynapseRow::count * Column::count, 2e-9f);
    return config;
}

TEST_F(Storage, LoadsWhatWasSaved)
{
    for (const std::uint64_t seed : {1, 2}) {
        const WaferConfig config = scrambled(seed);
        hdf5::write_file(folder / "a.h5", [&](hid_t file) { write(hdf5::create_group(file, "wafer"), config); });
        const auto file = hdf5::open_file(folder / "a.h5");
        EXPECT_EQ(read_wafer_config(hdf5::open_group(file, "wafer")), config);
    }
    const WaferConfig empty;
    hdf5::write_file(folder / "b.h5", [&](hid_t file) { write(hdf5::create_group(file, "wafer"), empty); });
    EXPECT_EQ(read_wafer_config(hdf5::open_group(hdf5::open_file(folder / "b.h5"), "wafer")), empty);
}

TEST_F(Storage, EqualContentEqualBytes)
{
    const auto bytes = [](const fs::path& path) {
        std::stringstream text;
        text << std::ifstream(path, std::ios::binary).rdbuf();
        return text.str();
    };
    for (const char* name : {"a.h5", "b.h5"})
        hdf5::write_file(folder / name, [&](hid_t file) { write(hdf5::create_group(file, "wafer"), scrambled(1)); });
    EXPECT_EQ(bytes(folder / "a.h5"), bytes(folder / "b.h5"));
}

TEST_F(Storage, SaysWhatIsWrong)
{
    const auto message = [&](auto&& spoil) -> std::string {
        hdf5::write_file(folder / "c.h5", [&](hid_t file) {
            const auto group = hdf5::create_group(file, "wafer");
            write(group, scrambled(1));
            spoil(group);
        });
        try {
            read_wafer_config(hdf5::open_group(hdf5::open_file(folder / "c.h5"), "wafer"));
        } catch (const InputError& error) {
            return error.what();
        }
        return "no error";
    };
    const auto replace = [](hid_t group, const char* name, std::vector<std::uint8_t> data, hdf5::Shape shape) {
        H5Ldelete(group, name, H5P_DEFAULT);
        hdf5::write_dataset(group, name, shape, data);
    };
    EXPECT_NE(message([](hid_t group) { H5Ldelete(group, "quads", H5P_DEFAULT); }).find("c.h5: /wafer/quads: expected a group"), std::string::npos);
    EXPECT_NE(message([&](hid_t group) { replace(group, "mergers/mode", std::vector<std::uint8_t>(45, 9), {3, 15}); }).find("found 9"), std::string::npos);
    EXPECT_NE(message([&](hid_t group) { replace(group, "mergers/mode", std::vector<std::uint8_t>(44, 0), {44}); }).find("expected 45 values, found 44"), std::string::npos);
    EXPECT_NE(message([](hid_t group) {
                  H5Adelete(group, "format_version");
                  hdf5::write_attribute(group, "format_version", 99);
              }).find("found format 99"),
              std::string::npos);
    std::ofstream(folder / "text.h5") << "not HDF5";
    EXPECT_THROW(hdf5::open_file(folder / "text.h5"), InputError);
    EXPECT_THROW(hdf5::open_file(folder / "nothing.h5"), InputError);
}

TEST_F(Storage, AFailedWriteLeavesTheOldFileAndNothingElse)
{
    write_text(folder / "x.txt", "old");
    EXPECT_THROW(write_aside(folder / "x.txt",
                             [](const fs::path& aside) {
                                 EXPECT_EQ(aside.extension(), ".partial");
                                 std::ofstream(aside) << "half";
                                 throw RunError("disk full");
                             }),
                 RunError);
    std::ifstream in(folder / "x.txt");
    std::string text;
    in >> text;
    EXPECT_EQ(text, "old");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 1);
    EXPECT_THROW(write_text(folder / "no" / "such" / "folder", "x"), RunError);
}

}   // namespace
}   // namespace bss

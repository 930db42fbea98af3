// From biological parameters to DACs and back through the circuits: exact without quantisation, honest with it.

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>

#include <gtest/gtest.h>

#include "mapping/parameters.hpp"
#include "mapping/scale.hpp"
#include "wafer/error.hpp"
#include "wafer/random.hpp"

namespace bss
{
namespace
{

/// Neurons side by side on chips, without connections.
struct Scene {
    Network network;
    Placement placement;
    Machine machine;
    MappingOptions options;
    Imperfections imperfections = no_imperfections();
    Mapping mapping;

    explicit Scene(double speedup = 10000, std::string technology = "hicann-v4") : technology_(std::move(technology)) { machine.speedup = speedup; }

    Population& add(CellType cell, std::uint32_t size, int denmems, std::map<std::string, Values> parameters = {})
    {
        Population population;
        population.name = "P" + std::to_string(network.populations.size());
        population.size = size;
        population.cell = cell;
        for (const CellParameter& p : parameters_of(cell))
            population.parameters.push_back(parameters.contains(std::string(p.name)) ? parameters[std::string(p.name)] : Values{{p.standard}});
        population.initial_v = {{cell == CellType::IF_cond_exp ? -65.0 : -70.6}};
        network.populations.push_back(population);
        placement.sites.emplace_back();
        const int columns = std::max(1, denmems / 2), per_chip = Column::count / columns;
        for (std::uint32_t n = 0; n < size; ++n) {
            const int at = static_cast<int>(n) % per_chip;
            placement.sites.back().push_back(
                {{0, Hicann(first_chip_ + static_cast<int>(n) / per_chip)}, Denmem(Column(at * columns), Half::top), static_cast<std::uint8_t>(denmems)});
        }
        first_chip_ += static_cast<int>(size) / per_chip + 1;
        return network.populations.back();
    }

    void write(bool oracle = false)
    {
        silicon = std::make_shared<Silicon>(Technology::load(technology_), imperfections, 1);
        machine.silicon = {silicon};
        machine.calibration = {oracle ? std::shared_ptr(oracle_calibration(*silicon)) : std::shared_ptr(ideal_calibration(*silicon))};
        machine.defects.resize(1);
        mapping = {};
        mapping.wafers.resize(1);
        write_parameters(mapping, network, placement, machine, options, imperfections);
    }

    double realised(std::size_t population, std::string_view name, std::size_t neuron) const
    {
        for (const RealisedParameter& p : mapping.parameters[population])
            if (p.name == name)
                return p.values[neuron];
        return NAN;
    }
    std::uint64_t clipped(std::size_t population, std::string_view name) const
    {
        for (const RealisedParameter& p : mapping.parameters[population])
            if (p.name == name)
                return p.clipped;
        return 0;
    }
    const Warning* warning(std::string_view code) const
    {
        for (const Warning& w : mapping.warnings)
            if (w.code == code)
                return &w;
        return nullptr;
    }
    const HicannConfig& config(const NeuronSite& site) const { return mapping.wafers[0].hicanns.at(site.chip.hicann); }
    std::vector<DenmemCircuit> circuits(std::size_t population, std::size_t neuron) const
    {
        const NeuronSite& site = placement.sites[population][neuron];
        std::vector<DenmemCircuit> result;
        for (const Denmem d : denmems_of(site))
            result.push_back(silicon->circuit(site.chip.hicann, d, config(site), 1));
        return result;
    }

    bool faulty(std::size_t population, std::size_t neuron) const
    {
        const NeuronSite& site = placement.sites[population][neuron];
        const auto denmems = denmems_of(site);
        return std::any_of(denmems.begin(), denmems.end(), [&](Denmem d) { return silicon->fault(site.chip.hicann, d).kind != Fault::Kind::none; });
    }

    std::shared_ptr<Silicon> silicon;

private:
    std::string technology_;
    int first_chip_ = 100;
};

/// A number for a test: uniform in [low, high], or log-uniform if low > 0.
double draw(std::uint32_t k, std::uint32_t which, double low, double high)
{
    const double u = random_uniform(7, Purpose::test, k, which, 0);
    return low > 0 ? low * std::pow(high / low, u) : low + u * (high - low);
}

/// Parameters far beyond what DACs reach, the same for each seed.
std::map<std::string, Values> wild(CellType cell, std::uint32_t size)
{
    std::map<std::string, Values> result;
    std::uint32_t which = 0;
    for (const CellParameter& p : parameters_of(cell)) {
        Values values{{}};
        for (std::uint32_t n = 0; n < size; ++n)
            values.values.push_back(p.name == "i_offset"             ? 0.0
                                    : p.name == "a" || p.name == "b" ? draw(n, which, -50, 50) * (n % 3 > 0)
                                    : p.name == "delta_T"            ? draw(n, which, 0.001, 300)
                                    : p.name == "tau_refrac"         ? draw(n, which, 0.001, 1000) * (n % 3 > 0)
                                    : p.unit == "mV"                 ? draw(n, which, -300, 200)
                                                                     : draw(n, which, 0.001, 1e5));
        result[std::string(p.name)] = values;
        ++which;
    }
    return result;
}

void expect_exact(const Scene& s, std::size_t population, double tolerance)
{
    const Population& p = s.network.populations[population];
    const Scale& scale = s.mapping.scale;
    const auto near = [&](double found, double wanted, const char* name, std::uint32_t n) {
        EXPECT_NEAR(found, wanted, tolerance * (1 + std::abs(wanted))) << name << " of neuron " << n;
    };
    for (std::uint32_t n = 0; n < p.size; ++n) {
        const auto asked = [&](std::string_view name) { return value_of(p, name, n); };
        if (s.faulty(population, n)) // no calibration mends it, and the mapping avoids it
            continue;
        const auto circuits = s.circuits(population, n);
        double a = 0, b = 0, capacitance = 0;
        for (const DenmemCircuit& c : circuits) {
            near(scale.mv(c.e_leak_volt), asked("v_rest"), "v_rest", n);
            near(scale.mv(c.e_rev_volt[0]), asked("e_rev_E"), "e_rev_E", n);
            near(scale.mv(c.e_rev_volt[1]), asked("e_rev_I"), "e_rev_I", n);
            near(scale.ms(c.capacitance_farad / c.g_leak_siemens), asked("tau_m"), "tau_m", n);
            near(scale.ms(c.tau_syn_s[0]), asked("tau_syn_E"), "tau_syn_E", n);
            near(scale.ms(c.tau_syn_s[1]), asked("tau_syn_I"), "tau_syn_I", n);
            near(scale.ms(c.tau_refrac_s), asked("tau_refrac"), "tau_refrac", n);
            a += c.a_siemens;
            b += c.b_ampere;
            capacitance += c.capacitance_farad;
        }
        near(scale.mv(circuits.front().v_reset_volt), asked("v_reset"), "v_reset", n);
        if (p.cell == CellType::IF_cond_exp) {
            EXPECT_FALSE(circuits.front().exponential);
            near(scale.mv(circuits.front().v_threshold_volt), asked("v_thresh"), "v_thresh", n);
            EXPECT_EQ(a, 0);
            EXPECT_EQ(b, 0);
            continue;
        }
        EXPECT_TRUE(circuits.front().exponential);
        near(scale.mv(circuits.front().v_threshold_volt), asked("v_spike"), "v_spike", n);
        near(scale.mv(circuits.front().v_exp_volt), asked("v_thresh"), "v_thresh", n);
        near(circuits.front().delta_t_volt / scale.alpha_volt_per_mv, asked("delta_T"), "delta_T", n);
        // Sums over the neuron's denmems (hardware.md §7.2), relative to one microsiemens and nanoampere.
        const double per = scale.speedup * capacitance / (asked("cm") * 1e-9);
        near(a / per * 1e9, asked("a"), "a", n);
        near(b / per / (scale.alpha_volt_per_mv * 1e3) * 1e9, asked("b"), "b", n);
        if (asked("a") != 0 || asked("b") != 0)
            near(scale.ms(circuits.front().tau_w_s), asked("tau_w"), "tau_w", n);
    }
    EXPECT_EQ(s.mapping.clipped_parameters, 0u);
    for (const RealisedParameter& r : s.mapping.parameters[population])
        for (std::uint32_t n = 0; n < p.size; ++n)
            near(r.values[n], value_of(p, r.name, n), r.name.c_str(), n);
}

TEST(Parameters, asked_is_realised_without_quantisation)
{
    for (const int denmems : {1, 2, 4, 8})
        for (const bool big : {true, false})
            for (const double speedup : {1000.0, 10000.0}) {
                Scene s(speedup, speedup == 1000 ? "hicann-x1000" : "hicann-v4");
                s.options.big_capacitor = big;
                s.add(CellType::IF_cond_exp, 40, denmems, wild(CellType::IF_cond_exp, 40));
                s.add(CellType::EIF_cond_exp_isfa_ista, 40, denmems, wild(CellType::EIF_cond_exp_isfa_ista, 40));
                s.write();
                expect_exact(s, 0, 1e-9);
                expect_exact(s, 1, 1e-9);
            }
}

/// hicann-v4 with synaptic inputs that conduct nothing for ever: the oracle inverts curves, and reckons with leaks at typical potentials only (docs/calibration.md).
std::string without_input_leaks()
{
    const auto path = std::filesystem::path(testing::TempDir()) / "bss-no-input-leaks.yaml";
    std::ofstream(path) << "name: no-input-leaks\nbase: hicann-v4\nsynaptic_offset: {leak_per_volt: 0, source: \"a test\"}\n";
    return path.string();
}

TEST(Parameters, oracle_cancels_mismatch)
{
    Scene s(10000, without_input_leaks());
    s.imperfections.fixed_pattern = true;
    s.add(CellType::IF_cond_exp, 40, 4, wild(CellType::IF_cond_exp, 40));
    s.add(CellType::EIF_cond_exp_isfa_ista, 40, 2, wild(CellType::EIF_cond_exp_isfa_ista, 40));
    s.write(true);
    expect_exact(s, 0, 1e-9);
    expect_exact(s, 1, 1e-9);
    s.write(false);
    double off = 0;
    for (const DenmemCircuit& c : s.circuits(0, 1))
        off = std::max(off, std::abs(s.mapping.scale.mv(c.e_leak_volt) - value_of(s.network.populations[0], "v_rest", 1)));
    EXPECT_GT(off, 0.5) << "nominal curves on mismatched circuits";
}

TEST(Parameters, whole_dacs_in_range_with_quantisation)
{
    Scene s;
    s.imperfections.parameter_quantisation = true;
    s.add(CellType::EIF_cond_exp_isfa_ista, 40, 4, wild(CellType::EIF_cond_exp_isfa_ista, 40));
    s.write();
    for (const NeuronSite& site : s.placement.sites[0])
        for (const Denmem d : denmems_of(site))
            for (int p = 0; p < neuron_fg_count; ++p) {
                const double dac = s.config(site).fg.at(d, static_cast<NeuronFg>(p));
                EXPECT_TRUE(dac == std::round(dac) && dac >= 0 && dac <= 1023) << cell(static_cast<NeuronFg>(p)).name << " " << dac;
            }
    EXPECT_GT(s.mapping.clipped_parameters, 40u);
    ASSERT_TRUE(s.warning("clipped_parameter"));
    EXPECT_NE(s.warning("clipped_parameter")->message.find("population \"P0\""), std::string::npos);
    std::uint64_t sum = 0;
    for (const RealisedParameter& r : s.mapping.parameters[0])
        sum += r.clipped;
    EXPECT_EQ(sum, s.mapping.clipped_parameters);
    EXPECT_TRUE(s.config(s.placement.sites[0][0]).fg.own_v_reset.empty());
}

TEST(Parameters, ordinary_values_are_only_rounded)
{
    Scene s;
    s.imperfections.parameter_quantisation = true;
    s.add(CellType::IF_cond_exp, 20, 8, {{"tau_refrac", {{2.0}}}, {"tau_m", {{10.0}}}});
    s.add(CellType::EIF_cond_exp_isfa_ista, 20, 8,
          {{"tau_refrac", {{2.0}}}, {"delta_T", {{0.8}}}, {"b", {{0.05}}}}); // PyNN's 2 mV and 80.5 pA are too much for the chip
    s.write();
    EXPECT_EQ(s.mapping.clipped_parameters, 0u);
    EXPECT_FALSE(s.warning("clipped_parameter"));
    EXPECT_FALSE(s.warning("initial_values"));
    for (const RealisedParameter& r : s.mapping.parameters[0]) {
        const double asked = value_of(s.network.populations[0], r.name, 0);
        EXPECT_NEAR(r.values[0], asked, r.name.starts_with("tau") ? 0.02 * asked : 0.08) << r.name;
        EXPECT_TRUE(r.values[0] != asked || r.name == "cm" || r.name == "i_offset") << r.name;
    }
    // What the calibration expects is what nominal silicon does.
    for (std::size_t p = 0; p < 2; ++p) {
        const DenmemCircuit c = s.circuits(p, 3).front();
        EXPECT_NEAR(s.realised(p, "v_rest", 3), s.mapping.scale.mv(c.e_leak_volt), 1e-9);
        EXPECT_NEAR(s.realised(p, "v_reset", 3), s.mapping.scale.mv(c.v_reset_volt), 1e-9);
        EXPECT_NEAR(s.realised(p, "tau_refrac", 3), s.mapping.scale.ms(c.tau_refrac_s), 1e-9);
    }
}

TEST(Parameters, potentials)
{
    Scene s;
    s.add(CellType::IF_cond_exp, 3, 4, {{"v_rest", {{0, 1, 2}}}, {"v_reset", {{10}}}, {"v_thresh", {{20}}}, {"e_rev_E", {{140}}}, {"e_rev_I", {{-140}}}});
    s.write();
    EXPECT_NEAR(s.mapping.scale.volt(-140), 0.3, 1e-12);
    EXPECT_NEAR(s.mapping.scale.volt(140), 1.4, 1e-12);
    EXPECT_EQ(s.mapping.potentials.biological_low_mv, -140);
    s.network.populations[0].initial_v_given = true;
    s.network.populations[0].initial_v = {{-200}};
    s.write();
    EXPECT_NEAR(s.mapping.scale.volt(-200), 0.3, 1e-12);
    EXPECT_EQ(s.warning("initial_values")->count, 3u);
    ASSERT_EQ(s.mapping.wafers[0].ideals.initial_potentials.size(), 3u);
    EXPECT_NEAR(s.mapping.wafers[0].ideals.initial_potentials[0].v_volt, 0.3, 1e-12);
    s.options.potentials = MappingOptions::Potentials{-140, 140, 0.45, 1.3};
    s.write();
    EXPECT_NEAR(s.mapping.scale.alpha_volt_per_mv * 1e3, 3.04, 0.005);
    // hardware.md §13: -70 mV at alpha 10, shift 1.2 V is 0.5 V.
    EXPECT_NEAR(make_scale(1e4, {-120, 60, 0, 1.8}).volt(-70), 0.5, 1e-12);
}

TEST(Parameters, reset_potentials_share_a_block)
{
    Scene s;
    s.imperfections.parameter_quantisation = true;
    s.add(CellType::IF_cond_exp, 2, 4, {{"v_reset", {{-70, -60}}}});
    s.write();
    EXPECT_EQ(s.warning("v_reset_shared")->count, 2u);
    EXPECT_NEAR(s.realised(0, "v_reset", 0), -65, 0.1);
    EXPECT_NEAR(s.realised(0, "v_reset", 1), -65, 0.1);
    s.imperfections.parameter_quantisation = false;
    s.write();
    EXPECT_FALSE(s.warning("v_reset_shared"));
    EXPECT_NEAR(s.realised(0, "v_reset", 1), -60, 1e-9);
    // Single denmems sit in two blocks by the parity of their columns: two values fit.
    Scene two;
    two.imperfections.parameter_quantisation = true;
    two.add(CellType::IF_cond_exp, 8, 1, {{"v_reset", {{-70, -60, -70, -60, -70, -60, -70, -60}}}});
    two.write();
    EXPECT_FALSE(two.warning("v_reset_shared"));
    EXPECT_NEAR(two.realised(0, "v_reset", 4), -70, 0.1);
    EXPECT_NEAR(two.realised(0, "v_reset", 5), -60, 0.1);
}

TEST(Parameters, cells_without_an_upstroke)
{
    Scene s;
    s.imperfections.parameter_quantisation = true;
    s.add(CellType::EIF_cond_exp_isfa_ista, 2, 2, {{"delta_T", {{0.0, 2.0}}}, {"a", {{0.0}}}, {"b", {{0.0}}}});
    s.write();
    EXPECT_FALSE(s.circuits(0, 0).front().exponential);
    EXPECT_NEAR(s.mapping.scale.mv(s.circuits(0, 0).front().v_threshold_volt), -50.4, 0.1) << "the lower of v_thresh and v_spike";
    EXPECT_TRUE(s.circuits(0, 1).front().exponential);
    EXPECT_NEAR(s.mapping.scale.mv(s.circuits(0, 1).front().v_threshold_volt), -40, 0.1);
    const NeuronSite& site = s.placement.sites[0][0];
    EXPECT_EQ(s.config(site).fg.at(site.first, NeuronFg::I_gladapt), 0);
    EXPECT_EQ(s.config(site).fg.at(site.first, NeuronFg::I_fire), 0);
    EXPECT_EQ(s.circuits(0, 1).front().b_ampere, 0);
    EXPECT_EQ(s.clipped(0, "tau_w"), 0u) << "without adaptation its time constant does not matter";
}

TEST(Parameters, mode_by_what_is_in_range)
{
    const auto mode = [](double tau_m, double weight) {
        Scene s;
        s.imperfections.parameter_quantisation = s.imperfections.weight_quantisation = true;
        s.add(CellType::IF_cond_exp, 2, 8, {{"tau_m", {{tau_m}}}});
        Projection projection;
        projection.pre_neuron = {0, 1};
        projection.post_neuron = {1, 0};
        projection.weight = {{weight}};
        s.network.projections.push_back(projection);
        s.write();
        return std::pair{s.mapping.big_capacitor, s.mapping.leak};
    };
    EXPECT_EQ(mode(10, 0.003), std::pair(true, Gear::normal));
    EXPECT_EQ(mode(1000, 0.003), std::pair(true, Gear::slow));
    EXPECT_EQ(mode(4.5, 0.003), std::pair(true, Gear::fast));
    EXPECT_EQ(mode(2, 0.003), std::pair(false, Gear::normal));
    EXPECT_EQ(mode(20, 1.0), std::pair(false, Gear::normal)) << "the small capacitor makes weights larger";
    EXPECT_EQ(mode(1e6, 0.003), std::pair(true, Gear::normal)) << "nothing helps: big, normal";
}

TEST(Parameters, offset_currents)
{
    Scene s;
    s.add(CellType::IF_cond_exp, 6, 4, {{"i_offset", {{0.0, 0.1, 0.1, 0.2, 0.0, 0.2}}}});
    s.write();
    const auto current = [&](std::size_t n) {
        const NeuronSite& site = s.placement.sites[0][n];
        double ampere = 0, capacitance = 0;
        for (const Denmem d : denmems_of(site)) {
            const DenmemCircuit c = s.silicon->circuit(site.chip.hicann, d, s.config(site), 1);
            capacitance += c.capacitance_farad;
            const CurrentStimulus& stimulus = s.config(site).stimulus[d.shared_fg_block().value()];
            if (s.config(site).denmems[d.value()].enable_current_input && stimulus.enable)
                ampere += stimulus.dac[64] * c.stimulus_ampere_per_dac;
        }
        return ampere / s.mapping.scale.ampere(1e-9, capacitance, 1e-9);
    };
    for (std::size_t n = 0; n < 6; ++n)
        EXPECT_NEAR(current(n), value_of(s.network.populations[0], "i_offset", n), 1e-12);
    s.imperfections.parameter_quantisation = true;
    s.write();
    EXPECT_NEAR(current(3), 0.2, 0.002);
    EXPECT_NEAR(s.realised(0, "i_offset", 3), current(3), 1e-12);
    EXPECT_EQ(s.mapping.clipped_parameters % 6, 0u);

    const auto refuses = [&](Values values) {
        Scene t;
        t.imperfections.parameter_quantisation = true;
        t.add(CellType::IF_cond_exp, static_cast<std::uint32_t>(values.values.size()), 4, {{"i_offset", values}});
        try {
            t.write();
        } catch (const InputError& error) {
            return std::string(error.what()).starts_with("population \"P0\": i_offset: expected");
        }
        return false;
    };
    EXPECT_TRUE(refuses({{0.1, 0.2, 0.3, 0.4, 0.5}}));
    EXPECT_TRUE(refuses({{-0.1, 0.2}}));
    EXPECT_TRUE(refuses({{100, 0.2}}));
    EXPECT_FALSE(refuses({{0.1, 0.2, 0.3, 0.4, 0.0}}));
}

TEST(Parameters, current_waveforms)
{
    Scene s;
    s.imperfections.parameter_quantisation = true;
    s.add(CellType::IF_cond_exp, 3, 4, {{"i_offset", {{0.0, 0.1, 0.1}}}});
    CurrentWaveform ramp{.continuous = false, .pulse_length = 3};
    for (std::size_t k = 0; k < ramp.nanoampere.size(); ++k)
        ramp.nanoampere[k] = 0.002 * static_cast<double>(k);
    s.network.populations[0].currents[0] = ramp;
    s.write();
    const NeuronSite& site = s.placement.sites[0][0];
    int listening = 0;
    for (const Denmem d : denmems_of(site)) {
        const CurrentStimulus& stimulus = s.config(site).stimulus[d.shared_fg_block().value()];
        if (!s.config(site).denmems[d.value()].enable_current_input)
            continue;
        ++listening;
        EXPECT_TRUE(stimulus.enable && !stimulus.continuous && stimulus.pulse_length == 3);
        EXPECT_EQ(stimulus.dac[0], 0);
        EXPECT_NEAR(stimulus.dac[128] / stimulus.dac[64], 2.0, 0.1);
        EXPECT_EQ(stimulus.dac[100], std::round(stimulus.dac[100]));
    }
    EXPECT_EQ(listening, 1);
    s.network.populations[0].currents[1] = ramp;
    EXPECT_THROW(s.write(), InputError) << "an offset goes on where a waveform ends";
}

TEST(Parameters, unused_denmems_keep_base_values)
{
    Scene s;
    s.imperfections.parameter_quantisation = true;
    s.add(CellType::IF_cond_exp, 1, 4);
    s.write();
    const FloatingGates base;
    EXPECT_EQ(s.config(s.placement.sites[0][0]).fg.neuron[100], base.neuron[100]);
    EXPECT_NE(s.config(s.placement.sites[0][0]).fg.neuron[0], base.neuron[0]);
}

} // namespace
} // namespace bss

#include "parameters.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cell_model.hpp"
#include "current_stimulus.hpp"
#include "scale.hpp"
#include "wafer/error.hpp"
#include "wafer/parallel.hpp"

namespace bss
{
namespace
{

/// A population's parameters as asked for, and what becomes of them; threads write different neurons.
struct Cells {
    const Population* population = nullptr;
    std::map<std::string_view, std::size_t> index; ///< PyNN's name -> place in the lists below
    std::vector<Values> asked;
    std::vector<std::vector<double>> realised;      ///< [parameter][neuron]
    std::vector<std::vector<std::uint8_t>> clipped; ///< [parameter][neuron]
    std::vector<std::uint8_t> reset_shared;         ///< [neuron] its block holds different v_reset

    explicit Cells(const Population& p) : population(&p), reset_shared(p.size)
    {
        for (const CellParameter& parameter : parameters_of(p.cell)) {
            index[parameter.name] = asked.size();
            asked.push_back(values_of(p, parameter.name));
            realised.emplace_back(p.size);
            clipped.emplace_back(p.size);
            for (std::uint32_t n = 0; n < p.size; ++n)
                realised.back()[n] = asked.back()[n];
        }
    }
    double value(std::string_view name, std::uint32_t n) const { return asked[index.at(name)][n]; }
    void realise(std::string_view name, std::uint32_t n, double value) { realised[index.at(name)][n] = value; }
    void mark_clipped(std::string_view name, std::uint32_t n) { clipped[index.at(name)][n] = 1; }
};

/// A neuron of the chip at hand.
struct Resident {
    std::uint32_t population, neuron;
    NeuronSite site;
};

/// DAC for a value, and the value that the calibration then expects.
struct Written {
    double dac, value;
    bool clipped;
};

Written write(const Transfer& transfer, double wanted, bool quantised)
{
    const double exact = transfer.dac(wanted);
    if (!quantised)
        return {exact, transfer.value(exact), false};
    if (transfer.zero_is_off && wanted == 0.0)
        return {0.0, 0.0, false};
    const double rounded = std::round(exact);
    const double dac = std::clamp(rounded, transfer.dac_min, transfer.dac_max);
    return {dac, transfer.value(dac), dac != rounded};
}

/// Writes the cells of one chip.
class ChipWriter
{
public:
    ChipWriter(Chip chip, HicannConfig& config, std::vector<Cells>& cells, const Scale& scale, const Machine& machine, OperatingMode mode, bool quantised)
        : chip_(chip), config_(config), cells_(cells), scale_(scale), calibration_(*machine.calibration[chip.wafer]),
          technology_(machine.silicon[chip.wafer]->technology()), mode_(mode), quantised_(quantised),
          denmem_farad_(technology_.capacitance_farad(mode.big_capacitor))
    {
    }

    void write_neuron(const Resident& r)
    {
        Cells& cells = cells_[r.population];
        const std::uint32_t n = r.neuron;
        if (cells.population->cell == CellType::HardwareNeuron)
            return write_gates(r);
        const auto mv = [&](double volt) { return scale_.mv(volt); };
        const auto ms = [&](double seconds) { return scale_.ms(seconds); };
        const double cm = cells.value("cm", n) * 1e-9;

        // V_reset is shared: what it is off here by mismatch, all potentials are, and the neuron keeps its range (calibration.md §1.5).
        const double shift = reset_shift_[r.site.first.value()];
        const auto volt = [&](std::string_view name) { return scale_.volt(cells.value(name, n)) + shift; };
        set(r, NeuronFg::E_l, "v_rest", volt("v_rest"), mv);
        set(r, NeuronFg::E_synx, "e_rev_E", volt("e_rev_E"), mv);
        set(r, NeuronFg::E_syni, "e_rev_I", volt("e_rev_I"), mv);
        set(r, NeuronFg::I_gl, "tau_m", scale_.seconds(cells.value("tau_m", n)), ms);
        set(r, NeuronFg::I_pl, "tau_refrac", scale_.seconds(cells.value("tau_refrac", n)), ms);
        set(r, NeuronFg::V_syntcx, "tau_syn_E", scale_.seconds(cells.value("tau_syn_E", n)), ms);
        set(r, NeuronFg::V_syntci, "tau_syn_I", scale_.seconds(cells.value("tau_syn_I", n)), ms);

        for (const NeuronFg p : {NeuronFg::V_convoffx, NeuronFg::V_convoffi})
            for (const Denmem d : denmems_of(r.site))
                config_.fg.at(d, p) = calibration_.technical(chip_.hicann, d, p);
        const CellModel model = model_of(*cells.population, n);
        set(r, NeuronFg::V_t, model.threshold, volt(model.threshold), mv);
        if (model.exponential) {
            set(r, NeuronFg::V_exp, "v_thresh", volt("v_thresh"), mv);
            set(r, NeuronFg::I_rexp, "delta_T", cells.value("delta_T", n) * scale_.alpha_volt_per_mv,
                [&](double volt) { return volt / scale_.alpha_volt_per_mv; });
        } else {
            fill(r, NeuronFg::V_exp, dac_max);
            fill(r, NeuronFg::I_rexp, dac_max);
        }
        // All three at the top mean off (hardware.md §6.2), so one stays a code below while the exponential is wanted.
        fill(r, NeuronFg::I_bexp, model.exponential ? dac_max - 1.0 : dac_max);

        // Adaptation adds up over the denmems of a neuron, as its capacitances do (hardware.md §7.2 with one denmem's capacitance).
        const double siemens = scale_.siemens(1e-9, denmem_farad_, cm), ampere = scale_.ampere(1e-9, denmem_farad_, cm);
        if (cells.index.contains("a")) {
            set(r, NeuronFg::I_gladapt, "a", model.a_ns * siemens, [&](double x) { return x / siemens; });
            set(r, NeuronFg::I_fire, "b", model.b_na * ampere, [&](double x) { return x / ampere; });
        } else {
            fill(r, NeuronFg::I_gladapt, 0.0);
            fill(r, NeuronFg::I_fire, 0.0);
        }
        if (model.adaptive())
            set(r, NeuronFg::I_radapt, "tau_w", scale_.seconds(cells.value("tau_w", n)), ms);
        else
            fill(r, NeuronFg::I_radapt, dac_max);
    }

    /// One V_reset a block; only that of firing denmems acts on a neuron (hardware.md §2.1, §7.1). Before the neurons are written.
    void write_v_reset(const std::vector<Resident>& residents)
    {
        if (!quantised_)
            config_.fg.own_v_reset.assign(Denmem::count, cell(SharedFg::V_reset).base_dac);
        std::array<std::vector<const Resident*>, FgBlock::count> by_block;
        for (const Resident& r : residents)
            by_block[r.site.first.shared_fg_block().value()].push_back(&r);
        for (const FgBlock block : all<FgBlock>())
            if (!by_block[block.value()].empty())
                write_v_reset(block, by_block[block.value()]);
    }

    void write_currents(const std::vector<Resident>& residents, const Network& network)
    {
        std::vector<InjectedCurrent> currents;
        for (const Resident& r : residents) {
            const Cells& cells = cells_[r.population];
            const double offset = cells.index.contains("i_offset") ? cells.value("i_offset", r.neuron) : 0.0;
            const auto source = network.populations[r.population].currents.find(r.neuron);
            const bool sourced = source != network.populations[r.population].currents.end();
            if (!sourced && offset == 0.0)
                continue;
            currents.push_back({r.population, r.neuron, r.site, sourced ? "current source" : "i_offset", sourced ? source->second : CurrentWaveform{},
                                ampere_per_nanoampere(r)});
            CurrentWaveform& waveform = currents.back().waveform;
            if (!waveform.continuous && offset != 0.0)
                throw InputError(fmt::format("population \"{}\": i_offset: expected 0 beside a current source that ends, found {:g} nA",
                                             network.populations[r.population].name, offset));
            for (double& nanoampere : waveform.nanoampere)
                nanoampere += offset;
        }
        if (currents.empty())
            return;
        bss::write_currents(config_, currents, technology_, network, quantised_);
        for (const InjectedCurrent& c : currents)
            if (!network.populations[c.population].currents.contains(c.neuron))
                cells_[c.population].realise("i_offset", c.neuron, c.realised_nanoampere);
    }

private:
    Chip chip_;
    HicannConfig& config_;
    std::vector<Cells>& cells_;
    const Scale& scale_;
    const Calibration& calibration_;
    const Technology& technology_;
    OperatingMode mode_;
    bool quantised_;
    double denmem_farad_;
    std::array<double, Denmem::count> reset_shift_{};   ///< [firing denmem] volts: how far its V_reset lies above its block's mean, as calibration knows it

    /// Writes one value to every denmem of a neuron; realised is their mean.
    template <class ToBiological>
    void set(const Resident& r, NeuronFg p, std::string_view name, double wanted, ToBiological&& to_biological)
    {
        double sum = 0.0;
        int denmems = 0;
        for (const Denmem d : denmems_of(r.site)) {
            const Written written = write(calibration_.neuron(chip_.hicann, d, p, mode_), wanted, quantised_);
            config_.fg.at(d, p) = written.dac;
            sum += written.value;
            ++denmems;
            if (written.clipped)
                cells_[r.population].mark_clipped(name, r.neuron);
        }
        cells_[r.population].realise(name, r.neuron, to_biological(sum / denmems));
    }
    /// The DACs that were asked for, in every denmem of the neuron.
    void write_gates(const Resident& r)
    {
        for (int p = 0; p < neuron_fg_count; ++p) {
            const auto gate = static_cast<NeuronFg>(p);
            const double dac = as_written(cells_[r.population].value(cell(gate).name, r.neuron));
            fill(r, gate, dac);
            cells_[r.population].realise(cell(gate).name, r.neuron, dac);
        }
    }
    double as_written(double dac) const { return quantised_ ? std::round(dac) : dac; }
    void fill(const Resident& r, NeuronFg p, double dac)
    {
        for (const Denmem d : denmems_of(r.site))
            config_.fg.at(d, p) = dac;
    }
    double ampere_per_nanoampere(const Resident& r) const
    {
        return scale_.ampere(1e-9, r.site.size * denmem_farad_, cells_[r.population].value("cm", r.neuron) * 1e-9);
    }

    void write_v_reset(FgBlock block, const std::vector<const Resident*>& residents)
    {
        const auto direct = [&](const Resident& r) { return cells_[r.population].population->cell == CellType::HardwareNeuron; };
        const auto transfer_of = [&](const Resident& r) { return calibration_.v_reset(chip_.hicann, r.site.first); };
        const auto wanted = [&](const Resident& r) {
            return direct(r) ? transfer_of(r).value(cells_[r.population].value("V_reset", r.neuron)) : scale_.volt(cells_[r.population].value("v_reset", r.neuron));
        };
        const auto realise = [&](const Resident& r, double dac) {
            cells_[r.population].realise(direct(r) ? "V_reset" : "v_reset", r.neuron, direct(r) ? dac : scale_.mv(transfer_of(r).value(dac)));
        };
        double low = wanted(*residents.front()), high = low, sum = 0.0;
        for (const Resident* r : residents) {
            const Denmem d = r->site.first;
            const double dac = direct(*r) ? cells_[r->population].value("V_reset", r->neuron) : transfer_of(*r).dac(wanted(*r));
            low = std::min(low, wanted(*r));
            high = std::max(high, wanted(*r));
            sum += dac;
            if (!quantised_) {
                config_.fg.own_v_reset[d.value()] = dac;
                realise(*r, dac);
            }
        }
        if (!quantised_)
            return;
        const double mean = std::round(sum / static_cast<double>(residents.size()));
        double mean_volt = 0.0;
        for (const Resident* r : residents)
            mean_volt += transfer_of(*r).value(mean) / static_cast<double>(residents.size());
        for (const Resident* r : residents)
            reset_shift_[r->site.first.value()] = transfer_of(*r).value(mean) - mean_volt;
        const bool shared = high - low > 1.8 / dac_max; // differences below a DAC are rounding
        for (const Resident* r : residents) {
            const Transfer transfer = transfer_of(*r);
            const double dac = direct(*r) ? mean : std::clamp(mean, transfer.dac_min, transfer.dac_max);
            config_.fg.at(block, SharedFg::V_reset) = dac;
            realise(*r, dac);
            cells_[r->population].reset_shared[r->neuron] = shared;
            if (dac != mean)
                cells_[r->population].mark_clipped(direct(*r) ? "V_reset" : "v_reset", r->neuron);
        }
    }
};

/// Residents of each chip, in the order of population and neuron.
std::map<Chip, std::vector<Resident>> residents_of(const Placement& placement)
{
    std::map<Chip, std::vector<Resident>> chips;
    for (std::uint32_t p = 0; p < placement.sites.size(); ++p)
        for (std::uint32_t n = 0; n < placement.sites[p].size(); ++n)
            chips[placement.sites[p][n].chip].push_back({p, n, placement.sites[p][n]});
    return chips;
}

void write_initial_potentials(Mapping& mapping, const Network& network, const Placement& placement)
{
    std::uint64_t given = 0;
    std::vector<std::string> names;
    for (std::uint32_t p = 0; p < placement.sites.size(); ++p) {
        const Population& population = network.populations[p];
        for (std::uint32_t n = 0; n < placement.sites[p].size(); ++n) {
            const NeuronSite& site = placement.sites[p][n];
            if (population.cell == CellType::HardwareNeuron && !population.initial_v_given)
                continue;                       // at its leak potential
            mapping.wafers[site.chip.wafer].ideals.initial_potentials.push_back({site.chip.hicann, site.first, mapping.scale.volt(population.initial_v[n])});
        }
        if (population.initial_v_given && !placement.sites[p].empty()) {
            given += placement.sites[p].size();
            names.push_back(population.name);
        }
    }
    for (WaferConfig& wafer : mapping.wafers)
        std::sort(wafer.ideals.initial_potentials.begin(), wafer.ideals.initial_potentials.end(),
                  [](const auto& a, const auto& b) { return std::pair(a.hicann, a.firing) < std::pair(b.hicann, b.firing); });
    if (given > 0)
        mapping.warnings.push_back(
            {"initial_values", fmt::format("initial potentials of {} are taken, though the machine cannot set them", fmt::join(names, ", ")), given});
}

/// A table of the lab has no exponential and no adaptation.
void warn_of_nominal_curves(Mapping& mapping, const Network& network, const Placement& placement, const Machine& machine)
{
    std::uint64_t neurons = 0;
    for (std::size_t p = 0; p < network.populations.size(); ++p)
        if (const Population& population = network.populations[p]; population.cell == CellType::EIF_cond_exp_isfa_ista)
            for (std::uint32_t n = 0; n < placement.sites[p].size(); ++n) {
                const CellModel model = model_of(population, n);
                neurons += (model.exponential || model.adaptive()) && !machine.calibration[placement.sites[p][n].chip.wafer]->covers(NeuronFg::I_gladapt);
            }
    if (neurons > 0)
        mapping.warnings.push_back({"nominal_curve", fmt::format("the calibration has no exponential and no adaptation (the lab's protocols never had them): {} neurons get these by the nominal curves", neurons), neurons});
}

void account(Mapping& mapping, const std::vector<Cells>& populations)
{
    mapping.parameters.assign(populations.size(), {});
    std::uint64_t shared = 0;
    for (std::size_t p = 0; p < populations.size(); ++p) {
        const Cells& cells = populations[p];
        if (is_source(cells.population->cell))
            continue;
        const auto& known = parameters_of(cells.population->cell);
        for (std::size_t k = 0; k < known.size(); ++k) {
            const auto clipped = static_cast<std::uint64_t>(std::count(cells.clipped[k].begin(), cells.clipped[k].end(), 1));
            mapping.parameters[p].push_back({std::string(known[k].name), cells.realised[k], clipped});
            mapping.clipped_parameters += clipped;
            if (clipped > 0) {
                const auto first = static_cast<std::size_t>(std::find(cells.clipped[k].begin(), cells.clipped[k].end(), 1) - cells.clipped[k].begin());
                mapping.warnings.push_back(
                    {"clipped_parameter",
                     fmt::format("{} of population \"{}\" is out of the chip's range in {} of {} neurons (neuron {}: {:.4g} asked for, {:.4g} {} written)",
                                 known[k].name, cells.population->name, clipped, cells.population->size, first, cells.asked[k][first], cells.realised[k][first],
                                 known[k].unit),
                     clipped});
            }
        }
        shared += static_cast<std::uint64_t>(std::count(cells.reset_shared.begin(), cells.reset_shared.end(), 1));
    }
    if (shared > 0)
        mapping.warnings.push_back(
            {"v_reset_shared", fmt::format("{} neurons share the V_reset of a block with neurons that ask for another one and get the mean", shared), shared});
}

} // namespace

void write_parameters(Mapping& mapping, const Network& network, const Placement& placement, const Machine& machine, const MappingOptions& options,
                      const Imperfections& imperfections)
{
    mapping.potentials = fit_potentials(network, options.potentials);
    mapping.scale = make_scale(machine.speedup, mapping.potentials);
    const OperatingMode mode = choose_mode(network, placement, machine.silicon.front()->technology(), mapping.scale, options, imperfections);
    mapping.big_capacitor = mode.big_capacitor;
    mapping.leak = mode.leak;

    std::vector<Cells> cells;
    for (const Population& population : network.populations)
        cells.emplace_back(population);
    const auto by_chip = residents_of(placement);
    struct Job {
        ChipWriter writer;
        const std::vector<Resident>* residents;
    };
    std::vector<Job> jobs;
    for (const auto& [chip, residents] : by_chip)
        jobs.push_back(
            {{chip, mapping.wafers[chip.wafer].hicanns[chip.hicann], cells, mapping.scale, machine, mode, imperfections.parameter_quantisation}, &residents});
    for (WaferConfig& wafer : mapping.wafers)
        for (auto& [hicann, config] : wafer.hicanns)
            for (HalfConfig& half : config.halves) {
                half.big_capacitor = mode.big_capacitor;
                half.i_gl = mode.leak;
            }
    parallel_for(jobs.size(), [&](std::size_t k) {
        Job& job = jobs[k];
        job.writer.write_v_reset(*job.residents);
        for (const Resident& r : *job.residents)
            job.writer.write_neuron(r);
    });
    for (Job& job : jobs) // one after another: which population an error names must not depend on threads
        job.writer.write_currents(*job.residents, network);
    write_initial_potentials(mapping, network, placement);
    warn_of_nominal_curves(mapping, network, placement, machine);
    account(mapping, cells);
}

} // namespace bss

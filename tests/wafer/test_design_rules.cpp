// Walks the table of rules: for each one a configuration that keeps it and one that breaks it and nothing else.
#include "wafer/design_rules.hpp"

#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "reference_wafer.hpp"
#include "violations.hpp"

namespace bss {
namespace {

using namespace reference;
using Mode = RepeaterConfig::Mode;

struct Case {
    WaferConfig config = wafer();
    Defects defects;
    Limits limits;
    HicannConfig& from = config.hicanns[sender];
    HicannConfig& to = config.hicanns[receiver];
    HicannConfig& chip(Hicann hicann) { return config.hicanns[hicann]; }
    std::vector<Violation> check() const { return bss::check(config, defects, limits); }
};

struct Breaker {
    std::function<void(Case&)> apply;
    std::set<std::string_view> unavoidable; ///< errors that come along whatever one does
};

const Hicann north = *receiver.neighbour(Direction::north);
const Hicann north_east = *north.neighbour(Direction::east);
const Hicann east = *receiver.neighbour(Direction::east);

const std::map<std::string_view, Breaker>& breakers()
{
    static const std::map<std::string_view, Breaker> all{
        {"G4", {[](Case& c) { c.to.drivers[110].enable = true; }, {}}},
        {"G5", {[](Case& c) { c.defects.hicanns.set(sender.value()); }, {}}},

        {"N1",
         {[](Case& c) {
              c.to.quads[0] = {{true, false}, {true, false}};
          },
          {}}},
        {"N2", {[](Case& c) { c.defects.on_hicann[receiver].neurons.set(257); }, {"G5"}}},
        {"N3", {[](Case& c) { c.to.denmems[1].activate_firing = true; }, {}}},
        {"N4",
         {[](Case& c) {
              c.to.quads[1] = {{true, true}, {true, true}};
              c.to.denmems[2].enable_fire_input = c.to.denmems[258].enable_fire_input = true;
          },
          {}}},
        {"N5", {[](Case& c) { add_sending_neuron(c.from, 1, 17); }, {"A3"}}},
        {"N6", {[](Case& c) { c.to.fg.own_v_reset.assign(Denmem::count, 284); }, {}}},
        {"N7", {[](Case& c) { c.to.halves[0].big_capacitor = false; }, {}}},

        {"M2",
         {[](Case& c) {
              c.from.dnc_mergers[1].mode = MergerMode::right_only; // M1[0] passes M0[0] on
              c.from.gbit_links[1] = GbitLink::to_dnc;
          },
          {}}},
        {"M3", {[](Case& c) { c.from.background[0].random = true; }, {}}},
        {"M4", {[](Case& c) { c.from.dnc_mergers[0].slow = false; }, {}}},
        {"M5", {[](Case& c) { c.to.dnc_mergers[7].mode = MergerMode::right_only; }, {"M4", "Y6"}}},
        {"M6",
         {[](Case& c) {
              int address = 3;
              for (int x = 2; x < 32; ++x)
                  for (const int d : {x, 256 + x}) { // 60 denmems, each a neuron, beside the first
                      c.from.denmems[d].activate_firing = c.from.denmems[d].enable_spl1_output = true;
                      while (!L1Address(address % 64).usable())
                          ++address;
                      c.from.denmems[d].address = L1Address(address++ % 64);
                  }
          },
          {"A1", "N5"}}},
        {"M7", {[](Case& c) { c.from.dnc_mergers[2].loopback = c.from.dnc_mergers[3].loopback = true; }, {}}},
        {"M8", {[](Case& c) { c.from.background[0].period = 1; }, {}}},

        {"A1", {[](Case& c) { add_sending_neuron(c.from, 1, 2); }, {"N5"}}},
        {"A2", {[](Case& c) { add_sending_neuron(c.from, 1, 0); }, {"N5"}}},
        {"A3", {[](Case& c) { add_sending_neuron(c.from, 1, 49); }, {"N5"}}}, // mapping.md §2.12: address 49 is rejected

        {"B1",
         {[](Case& c) {
              c.to.v_repeaters[128] = {Mode::forwarding, false, true};                 // V 128 goes north as V 254,
              drive_net(c.chip(north_east), DncMerger(0), GbitLink::off, false, true); // onto which a second net comes over H line 60
              close(c.chip(north), 60, 254);
          },
          {}}},
        {"B2", {[](Case& c) { close(c.to, 10, 26); }, {}}},
        {"B4", {[](Case& c) { close(c.to, 6, 60); }, {}}}, // mapping.md §2.12: (6, 28) and (6, 60) together
        {"B6",
         {[](Case& c) {
              c.chip(north);
              c.to.v_repeaters[128] = {Mode::forwarding, true, false};
          },
          {"B1"}}},
        {"B7", {[](Case& c) { c.to.h_repeaters[20].mode = c.to.h_repeaters[24].mode = Mode::test_output; }, {}}},
        {"B8", {[](Case& c) { c.to.h_repeaters[14].mode = Mode::sending; }, {}}},
        {"B9",
         {[](Case& c) {
              c.limits.hop_limit = 1;
              c.chip(east).h_repeaters[2] = {Mode::forwarding, true, false};
              close(c.chip(east), 2, 129);
              feed(c.chip(east), 129, 14);
              listen(c.chip(east), SynapseDriver(14));
          },
          {}}},
        {"B10",
         {[](Case& c) {
              c.chip(Hicann(0)).h_repeaters[0] = {Mode::forwarding, false, true};
          },
          {}}},

        {"S3",
         {[](Case& c) {
              feed(c.to, 28, 31);
              listen(c.to, SynapseDriver(31));
          },
          {}}},
        // mapping.md §2.12: two nets on a right row of a chip and on the left row of its east neighbour
        {"S4",
         {[](Case& c) {
              drive_net(c.chip(east), DncMerger(7), GbitLink::off);
              close(c.chip(east), 6, 28);
              feed(c.chip(east), 28, primary.value());
          },
          {}}},
        {"S5", {[](Case& c) { listen(c.to, SynapseDriver(31)); }, {}}},
        {"S6",
         {[](Case& c) {
              drive_net(c.chip(Hicann(0)), DncMerger(7), GbitLink::off);
              close(c.chip(Hicann(0)), 6, 28);
              feed(c.chip(Hicann(0)), 28, 14);
          },
          {}}},

        {"D3", {[](Case& c) { c.to.drivers[chained.value()].connect_neighbour = true; }, {}}},
        {"D4",
         {[](Case& c) {
              for (const int d : {12, 10})
                  c.to.drivers[d].connect_neighbour = true;
              for (const int d : {10, 8})
                  c.to.drivers[d].enable = true;
          },
          {}}},
        {"D5", {[](Case& c) { c.to.drivers[40].enable = true; }, {}}},
        {"D6", {[](Case& c) { c.to.drivers[primary.value()].rows[0].syn_in_left = false; }, {}}},
        {"D7", {[](Case& c) { c.to.drivers[primary.value()].stp_cap = 8; }, {}}},
        {"D8", {[](Case& c) { c.to.drivers[primary.value()].rows[1].decoder[0] = 4; }, {}}},
        {"D9", {[](Case& c) { c.to.drivers[primary.value()].rows[0].gmax_div_left = c.to.drivers[primary.value()].rows[0].gmax_div_right = 0; }, {}}},

        {"Y1", {[](Case& c) { add_synapse(c.to, SynapseRow(primary, 0), 2, 2); }, {}}},
        {"Y2", {[](Case& c) { add_synapse(c.to, SynapseRow(primary, 0), 0, 16); }, {}}},
        {"Y3", {[](Case& c) { add_synapse(c.to, SynapseRow(SynapseDriver(40), 0), 0, 2); }, {}}},
        {"Y6", {[](Case& c) { add_synapse(c.to, SynapseRow(primary, 0), 0, 3); }, {}}},
        {"Y7", {[](Case& c) { add_synapse(c.to, SynapseRow(primary, 0), 0, 2, 16); }, {}}},

        {"O1", {[](Case& c) { c.from.denmems[0].enable_aout = c.from.denmems[2].enable_aout = true; }, {}}},
        {"O2", {[](Case& c) { c.from.analog_outputs[0] = c.to.analog_outputs[0] = AnalogOutput::membrane_top_even; }, {}}},
        {"O3",
         {[](Case& c) {
              c.from.stimulus[1].enable = true;
              c.from.stimulus[1].dac[5] = 1024;
          },
          {}}},

        {"F1", {[](Case& c) { c.to.fg.at(Denmem(3), NeuronFg::E_l) = 100.5; }, {}}},
    };
    return all;
}

/// Rules that no configuration can break: the types hold them, or only the network can tell.
const std::set<std::string_view> unbreakable{"G1", "G2", "G3", "M1", "A4", "B3", "B5", "S1", "S2", "D1", "D2", "Y4", "Y5", "Y8"};

TEST(DesignRules, ReferenceWaferKeepsEveryRule)
{
    const auto violations = Case().check();
    EXPECT_TRUE(violations.empty()) << describe(violations);
}

TEST(DesignRules, EmptyWaferAndUntouchedChipKeepEveryRule)
{
    WaferConfig config;
    EXPECT_TRUE(check(config, {}).empty());
    config.hicanns[Hicann(0)];
    EXPECT_TRUE(check(config, {}).empty()) << describe(check(config, {}));
}

TEST(DesignRules, TableHoldsEveryIdOfTheSpecificationOnce)
{
    const std::vector<std::pair<char, int>> groups{{'G', 5}, {'N', 7}, {'M', 8}, {'A', 4}, {'B', 10}, {'S', 6}, {'D', 9}, {'Y', 8}, {'O', 3}, {'F', 1}};
    std::vector<std::string> expected;
    for (const auto& [letter, count] : groups)
        for (int k = 1; k <= count; ++k)
            expected.push_back(letter + std::to_string(k));
    std::vector<std::string> found;
    for (const RuleInfo& rule : design_rules()) {
        found.emplace_back(rule.id);
        EXPECT_FALSE(rule.text.empty());
        EXPECT_NE(breakers().contains(rule.id), unbreakable.contains(rule.id)) << rule.id;
    }
    EXPECT_EQ(found, expected);
}

TEST(DesignRules, EachIsBrokenAlone)
{
    for (const RuleInfo& rule : design_rules()) {
        const auto breaker = breakers().find(rule.id);
        if (breaker == breakers().end())
            continue;
        SCOPED_TRACE(rule.id);
        Case broken;
        breaker->second.apply(broken);
        const auto violations = broken.check();
        std::set<std::string_view> errors;
        bool found = false;
        for (const Violation& v : violations) {
            if (v.rule == rule.id) {
                found = true;
                EXPECT_EQ(v.severity, rule.severity);
                EXPECT_FALSE(v.what.empty());
            } else if (v.severity == Severity::error)
                errors.insert(v.rule);
        }
        EXPECT_TRUE(found) << describe(violations);
        EXPECT_EQ(errors, breaker->second.unavoidable) << describe(violations);
    }
}

TEST(DesignRules, ViolationsComeInTheOrderOfRulesThenChips)
{
    Case broken;
    for (const auto& [id, breaker] : breakers())
        breaker.apply(broken);
    std::map<std::string_view, int> position;
    for (const RuleInfo& rule : design_rules())
        position.emplace(rule.id, static_cast<int>(position.size()));
    const auto violations = broken.check();
    EXPECT_GT(violations.size(), 30u);
    const auto key = [&](const Violation& v) { return std::make_pair(position.at(v.rule), v.where); };
    for (std::size_t k = 1; k < violations.size(); ++k)
        EXPECT_LE(key(violations[k - 1]), key(violations[k]));
}

// ---- the page ------------------------------------------------------------------------------------------------------

std::string page()
{
    constexpr std::array names{"information", "warning", "error"};
    std::ostringstream text;
    text << "# Design rules\n\n"
            "Every configuration is checked against these rules before it runs (`check()` in `wafer/design_rules.hpp`). Their ids are those of mapping.md §2; "
            "F1 is our own.\n"
            "Written by the test `DesignRules.PageIsWhatTheTableSays` (`BSS_UPDATE_DOCS=1` renews it).\n\n"
            "| id | severity | what it demands |\n|---|---|---|\n";
    for (const RuleInfo& rule : design_rules())
        text << "| " << rule.id << " | " << names[static_cast<std::size_t>(rule.severity)] << " | " << rule.text << " |\n";
    text << "\nThe X rules of mapping.md §2.9 say what follows from a listed defect; `derived()` in `wafer/defects.hpp` applies them, and G5 checks the "
            "result.\n";
    return text.str();
}

TEST(DesignRules, PageIsWhatTheTableSays)
{
    const std::string path = std::string(BSS_DOCS) + "/design-rules.md";
    if (std::getenv("BSS_UPDATE_DOCS"))
        std::ofstream(path) << page();
    std::ifstream file(path);
    const std::string found{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(found, page()) << "run this test with BSS_UPDATE_DOCS=1";
}

}   // namespace
}   // namespace bss

// What runs in vectors, for baseline x86-64.
#include "kernels/cpu/readout.hpp"
#include "kernels/cpu/step.hpp"
#include "kernels/cpu/travel.hpp"

int bss::step_baseline(const StepArguments& arguments) { return model::step_window(arguments); }
void bss::travel_baseline(const TravelArguments& arguments) { model::travel_all(arguments); }
void bss::read_out_baseline(const ReadoutArguments& arguments) { model::read_out_all(arguments); }

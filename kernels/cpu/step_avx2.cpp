// What runs in vectors, for AVX2.
#include "kernels/cpu/readout.hpp"
#include "kernels/cpu/step.hpp"
#include "kernels/cpu/travel.hpp"

int bss::step_avx2(const StepArguments& arguments) { return model::step_window(arguments); }
void bss::travel_avx2(const TravelArguments& arguments) { model::travel_all(arguments); }
void bss::read_out_avx2(const ReadoutArguments& arguments) { model::read_out_all(arguments); }

// What runs in vectors, for AVX-512.
#include "kernels/cpu/readout.hpp"
#include "kernels/cpu/step.hpp"
#include "kernels/cpu/travel.hpp"

int bss::step_avx512(const StepArguments& arguments) { return model::step_window(arguments); }
void bss::travel_avx512(const TravelArguments& arguments) { model::travel_all(arguments); }
void bss::read_out_avx512(const ReadoutArguments& arguments) { model::read_out_all(arguments); }

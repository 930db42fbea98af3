// The text of the dynamics is device-neutral: it compiles for a GPU, too. (Nothing runs here; a backend that uses it is to follow.)
#include "kernels/model/neuron.hpp"
#include "kernels/model/noise.hpp"
#include "kernels/model/short_term_plasticity.hpp"

using namespace bss::model;

/// One unmerged LIF or AdEx denmem a thread, one step; p: its parameters.
__global__ void model_step(float* v, float* w, const float* p, const std::uint32_t* words, int size)
{
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (i >= size) {
        return;
    }
    Terms<float> sum;
    limited_leak(sum, p[0] - v[i], p[1], p[2]);
    synapse(sum, v[i], limited_conductance(p[4], p[5], p[6]), p[7]);
    exponential(sum, v[i], p[8], p[9]);
    sum.linear = fused(noise_draw<float>(words[i], 0), p[10], sum.linear);
    v[i] = advance(v[i], sum, 1.0f).v;
    w[i] = 0.0f;
}

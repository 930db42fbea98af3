#include "kernels.cuh"

template bss::cuda::Kernel bss::cuda::run_windows_of<false, false>(bool, bool);

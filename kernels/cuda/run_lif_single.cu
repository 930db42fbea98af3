#include "kernels.cuh"

template const void* bss::cuda::run_windows_of<false, false>(bool, bool);

#include "calibration.hpp"

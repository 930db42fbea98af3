#include "recording.hpp"

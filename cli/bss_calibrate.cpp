#include "cli/calibrate_command.hpp"

int main(int argc, char** argv) { return bss::calibrate_command(argc, argv, "bss-calibrate"); }

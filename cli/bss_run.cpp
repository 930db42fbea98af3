#include "cli/run_command.hpp"

int main(int argc, char** argv) { return bss::run_command(argc, argv, "bss-run", false); }

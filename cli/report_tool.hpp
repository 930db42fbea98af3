/// Pictures and pages come from bss-report, the command in Python that lies beside the others.
#pragma once

#include <string>
#include <vector>

namespace bss {

/// Starts the bss-report beside the running command and waits. @throws RunError when it is not there or fails
void run_report_tool(const std::vector<std::string>& arguments);

}   // namespace bss

#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/guarded_streams.hpp"

int main(int argc, char** argv) {
    margincall::secure_standard_streams();
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    return static_cast<int>(margincall::run_command_line(arguments, {}));
}

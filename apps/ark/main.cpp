#include "app.hpp"
#include "tools/jq.hpp"

int main(int argc, char** argv) {
    if (ark::tools::is_jq_worker(argc, argv)) return ark::tools::run_jq_worker();
    return ark::cli::run({argv + 1, argv + argc});
}

#include "app.hpp"

int main(int argc, char** argv) {
    return ark::cli::run({argv + 1, argv + argc});
}

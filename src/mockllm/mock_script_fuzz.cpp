// A script of any content parses or is refused; what was parsed can be asked anything.
#include "mockllm/script.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace std::string_view_literals;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    // std::regex may take exponential time over nested repetitions; scripts are written by whoever runs them.
    if (input.find('/') != input.npos && input.find_first_of("*+?{") != input.npos) return 0;
    const auto script = ark::mockllm::Script::parse(input);
    if (!script) return 0;
    const auto request =
        ark::codec::JsonValue::parse(R"({"model":"m","messages":[{"role":"user","content":"weather in Oslo"}]})"sv);
    const auto conversation = ark::mockllm::Conversation::of(*request);
    std::vector<std::string> groups;
    const auto any = [](const ark::mockllm::Rule&) { return true; };
    const auto* const rule = ark::mockllm::choose(*script, *conversation, any, groups);
    if (rule != nullptr) ark::mockllm::fill(rule->text, *conversation, groups);
    return 0;
}

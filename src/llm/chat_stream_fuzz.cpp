// Streams of any content give an answer or a failure, the same however they are cut, in both dialects.
#include "base/check.hpp"
#include "llm/testing.hpp"

namespace {

std::string summary(const ark::llm::Streamed& streamed) {
    if (const auto* failure = std::get_if<ark::llm::Failure>(&streamed.result)) return failure->error.message();
    std::string text;
    ark::codec::JsonWriter json(text);
    ark::llm::append_message(json, std::get<ark::llm::ChatReply>(streamed.result).message);
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    ark::llm::ModelConfig config;
    config.model = "m";
    for (const auto& dialect : {ark::llm::make_openai(config), ark::llm::make_anthropic(config)}) {
        const auto at_once = ark::llm::read_stream(*dialect, input, size == 0 ? 1 : size);
        const auto by_byte = ark::llm::read_stream(*dialect, input, 1);
        ARK_CHECK(summary(at_once) == summary(by_byte), "the cut changes the answer");
        dialect->parse(input);
    }
    return 0;
}

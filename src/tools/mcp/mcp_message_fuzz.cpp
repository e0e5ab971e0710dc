// Anything a server may say is understood or refused, and what is written in answer is JSON.
#include "base/check.hpp"
#include "tools/a2a/client.hpp"
#include "tools/a2a/message.hpp"
#include "tools/mcp/message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace mcp = ark::tools::mcp;
    namespace a2a = ark::tools::a2a;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (const auto message = mcp::Message::parse(input)) {
        const auto& result = message->json["result"];
        for (const auto& tool : mcp::parse_tools(result))
            ARK_CHECK(!tool.definition.name.empty(), "a tool without a name");
        mcp::parse_result(result);
        mcp::parse_question(message->params());
        ARK_CHECK(!mcp::error_of(message->error()).context.empty(), "an error without words");
        const auto answer = mcp::error_text(message->json["id"], -32601, "no");
        ARK_CHECK(ark::codec::JsonValue::parse(answer).has_value(), "an answer that is no JSON");
    }
    (void)a2a::AgentCard::parse(input);
    a2a::StreamFold fold;
    if (const auto result = a2a::parse_response(input)) {
        (void)a2a::parse_reply(*result);
        fold.take(*result);
        fold.take(*result);
        fold.finish();
    }
    return 0;
}

#include "codec/base64.hpp"
#include "expr/library.hpp"

namespace ark::expr {

namespace {

Value encode(const Call& call) {
    const auto bytes = call.arguments[0].as_text();
    if (!call.evaluation.charge(bytes.size() / 64)) return call.evaluation.exhausted();
    return call.evaluation.text(codec::to_base64(bytes));
}

Value decode(const Call& call) {
    const auto text = call.arguments[0].as_text();
    if (!call.evaluation.charge(text.size() / 64)) return call.evaluation.exhausted();
    const auto bytes = codec::from_base64(text);
    return bytes ? call.evaluation.bytes(*bytes)
                 : call.evaluation.fail(Code::invalid_argument, "the text is no base64");
}

}  // namespace

void add_encoders(Library& library) {
    library.add("base64.encode", "(bytes) string", &encode);
    library.add("base64.decode", "(string) bytes", &decode);
}

}  // namespace ark::expr

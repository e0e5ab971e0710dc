// Whatever compiles is evaluated within its budget: to a value that can be written, or to an error with a position.
#include "base/check.hpp"
#include "expr/program.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using ark::expr::Evaluation;
using ark::expr::Type;
using ark::expr::Value;

constexpr ark::expr::Limits limits{
    .steps = 20'000, .memory_bytes = 1 << 20, .string_bytes = 64 << 10, .elements = 5'000};

// Fields that are there, fields that are not, and one that fails when it is looked up.
class Fields final : public ark::expr::HostMap {
public:
    std::size_t size() const override { return 2; }
    std::optional<Value> find(const Value& key, Evaluation& evaluation) const override {
        if (!key.is(ark::expr::Kind::string)) return std::nullopt;
        if (key.as_text() == "n") return Value::integer(7);
        if (key.as_text() == "s") return Value::string("søme text");
        if (key.as_text() == "bad") return evaluation.fail(ark::expr::Code::invalid_argument, "unreadable");
        return std::nullopt;
    }
    Value keys(Evaluation& evaluation) const override {
        ark::expr::ListBuilder list(evaluation, 2);
        list.push(Value::string("n"));
        list.push(Value::string("s"));
        return list.finish();
    }
};

class Items final : public ark::expr::HostList {
public:
    explicit Items(const Fields& fields) : fields_(fields) {}
    std::size_t size() const override { return 3; }
    Value at(std::size_t index, Evaluation&) const override {
        return index == 2 ? Value::real(0.5) : Value::map(fields_);
    }

private:
    const Fields& fields_;
};

class Variables final : public ark::expr::Activation {
public:
    std::optional<Value> variable(std::uint32_t slot, Evaluation&) const override {
        switch (slot) {
            case 0:
                return Value::map(fields_);
            case 1:
                return Value::list(items_);
            case 2:
                return Value::timestamp(1'700'000'000, 5);
            default:
                return std::nullopt;
        }
    }

private:
    Fields fields_;
    Items items_{fields_};
};

const ark::expr::Environment& environment() {
    static const auto made = [] {
        ark::expr::Options options;
        options.words = options.length = true;
        options.check = false;
        ark::expr::Environment all(options);
        for (const auto* name : {"e", "l", "t", "x"})
            all.add_variable(name, Type::dyn());
        return all;
    }();
    return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto program = ark::expr::compile({reinterpret_cast<const char*>(data), size}, environment());
    if (!program) return 0;
    static Evaluation evaluation(limits);
    const Variables variables;
    const auto value = (*program)->evaluate(variables, evaluation);
    ARK_CHECK(evaluation.memory_bytes() <= limits.memory_bytes, "more memory than the budget");
    if (value.is_error())
        ARK_CHECK((*program)->issue(value).offset <= size, "an error outside the text");
    else
        ark::expr::to_text(value, evaluation, 1000);
    return 0;
}

#pragma once
#include "codec/json_writer.hpp"
#include "expr/program.hpp"
#include "items/items.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ark::items {

struct Filter;

inline constexpr std::size_t filter_bytes_max = 8192;  ///< of an expression in a URL

/// What became of conditions that were neither true nor false, since the process started. Statistics, any thread.
struct ConditionCounts {
    std::atomic<std::uint64_t> evaluated{0};
    std::atomic<std::uint64_t> failed{0};     ///< an error, such as a missing key: the item does not match
    std::atomic<std::uint64_t> exhausted{0};  ///< of these, ended by their budget (docs/limits.md)
};
ConditionCounts& condition_counts();

/// Compiles an expression that must be a bool; one that surely is none is refused with not_boolean.
expr::Compiled<std::shared_ptr<const expr::Program>> compile_condition(std::string_view text,
                                                                       const expr::Environment& environment);
/// Is the condition true? Errors are not: they are counted. Evaluates within the budget of filters, in memory that this
/// thread keeps.
bool holds(const expr::Program& condition, const expr::Activation& activation);

/// "code","offset","line","column" and, where there is one, "suggestion": members of an object that is open. Where a
/// person reads it, the message stands beside them.
void write_issue_members(codec::JsonWriter& json, const expr::Issue& issue);

/// A filter expression over events, spans, logs, messages and chunks, with the names of their JSON
/// (docs/expressions.md). Immutable, for any thread; subscribers and requests with the same text may share it.
class Expression {
public:
    static expr::Compiled<std::shared_ptr<const Expression>> compile(std::string_view text);

    const std::string& text() const { return program_->text(); }
    bool matches(const Event& event, const Context& context) const;
    /// For what is no event: a span, a message, a chunk.
    bool matches_item(const Item& item, const Context& context) const;
    /// Sets the members of `filter` that must hold for the expression to be true and are not set yet, so that indexes
    /// serve them. The expression itself remains to be asked.
    void narrow(Filter& filter) const;

private:
    explicit Expression(std::shared_ptr<const expr::Program> program) : program_(std::move(program)) {}

    std::shared_ptr<const expr::Program> program_;
};

}  // namespace ark::items

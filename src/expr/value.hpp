#pragma once
#include "base/check.hpp"
#include "expr/code.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ark::expr {

class Evaluation;
class Value;
struct MapTable;

/// The type of a value at run time. `error` is a value like any other: && and || and some macros absorb it.
enum class Kind : std::uint8_t {
    null,
    boolean,
    integer,           ///< int: 64 bits, signed
    unsigned_integer,  ///< uint: 64 bits
    real,              ///< double
    string,            ///< valid UTF-8, counted in code points
    bytes,
    list,
    map,
    type,
    timestamp,  ///< 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z
    duration,   ///< whole nanoseconds in 64 bits: ±292 years
    optional,   ///< optional.of(x), optional.none()
    opaque,     ///< a value of a library or of the embedding: Opaque
    error,
};

constexpr std::uint32_t no_offset = 0xffffffff;  ///< of a Failure that the evaluator has not yet placed

/// A failure while evaluating. Lives in the evaluation's arena.
struct Failure {
    Code code;
    std::string_view message;
    std::uint32_t offset;  ///< of the node that failed, bytes from the start of the text
};

/// A list whose elements the embedding makes on demand. Must outlive the values that refer to it. Read by one thread
/// at a time; a call may make values in the evaluation's arena.
class HostList {
public:
    virtual std::size_t size() const = 0;
    virtual Value at(std::size_t index, Evaluation& evaluation) const = 0;  ///< index < size()

protected:
    ~HostList() = default;
};

/// A map, such as an event, whose fields the embedding looks up on demand. As HostList for life and threads.
class HostMap {
public:
    virtual std::size_t size() const = 0;
    /// The value under `key`, nothing when there is none.
    virtual std::optional<Value> find(const Value& key, Evaluation& evaluation) const = 0;
    /// All keys, as a list value: only for macros over the map, comparison and size-changing functions.
    virtual Value keys(Evaluation& evaluation) const = 0;

protected:
    ~HostMap() = default;
};

/// A value that only its own functions can look into (an IP address). As HostList for life.
class Opaque {
public:
    virtual std::string_view type_name() const = 0;
    virtual bool equals(const Opaque& other) const = 0;  ///< other has the same type_name()
    virtual std::string text() const = 0;                ///< for string() and messages

protected:
    ~Opaque() = default;
};

/// A CEL value in 16 bytes: a scalar, or a view of text, elements or a host object that somebody else owns: the
/// program (its constants), the activation, or the arena of the Evaluation. Trivially copyable, never owns.
/// A value that an evaluation gave is good until that Evaluation starts anew.
class Value {
public:
    constexpr Value() : integer_(0) {}  ///< null
    static constexpr Value null() { return {}; }
    static constexpr Value boolean(bool v) { return Value(Kind::boolean, 0, v ? 1 : 0); }
    static constexpr Value integer(std::int64_t v) { return Value(Kind::integer, 0, v); }
    static constexpr Value unsigned_integer(std::uint64_t v) {
        return Value(Kind::unsigned_integer, 0, static_cast<std::int64_t>(v));
    }
    static constexpr Value real(double v) {
        Value value(Kind::real, 0, 0);
        value.real_ = v;
        return value;
    }
    /// A view: the text must be valid UTF-8 and outlive the value (Evaluation::text() copies into the arena).
    static constexpr Value string(std::string_view v) { return of_text(Kind::string, v); }
    static constexpr Value bytes(std::string_view v) { return of_text(Kind::bytes, v); }
    static Value list(std::span<const Value> items);
    static Value list(const HostList& host);
    static Value map(const HostMap& host);
    static Value map(const MapTable& table);  ///< made by MapBuilder
    /// A type as value; the name ("int", "google.protobuf.Timestamp") must outlive it.
    static constexpr Value type(std::string_view name) { return of_text(Kind::type, name); }
    static constexpr Value timestamp(std::int64_t unix_seconds, std::uint32_t nanos) {
        return Value(Kind::timestamp, nanos, unix_seconds);
    }
    static constexpr Value duration(std::int64_t nanos) { return Value(Kind::duration, 0, nanos); }
    static Value optional(const Value* held);  ///< nullptr: none
    static Value opaque(const Opaque& opaque);
    static Value error(const Failure& failure);

    constexpr Kind kind() const { return kind_; }
    constexpr bool is(Kind kind) const { return kind_ == kind; }
    constexpr bool is_error() const { return kind_ == Kind::error; }
    constexpr bool is_true() const { return kind_ == Kind::boolean && integer_ != 0; }
    constexpr bool is_false() const { return kind_ == Kind::boolean && integer_ == 0; }
    constexpr bool is_number() const {
        return kind_ == Kind::integer || kind_ == Kind::unsigned_integer || kind_ == Kind::real;
    }

    // Each is for its own kind only.
    constexpr bool as_boolean() const { return integer_ != 0; }
    constexpr std::int64_t as_integer() const { return integer_; }
    constexpr std::uint64_t as_unsigned_integer() const { return static_cast<std::uint64_t>(integer_); }
    constexpr double as_real() const { return real_; }
    constexpr std::string_view as_text() const { return {text_, size_}; }  ///< string, bytes, type
    constexpr std::int64_t unix_seconds() const { return integer_; }       ///< timestamp
    constexpr std::uint32_t nanos() const { return size_; }                ///< timestamp: 0 to 999,999,999
    constexpr std::int64_t duration_nanos() const { return integer_; }
    constexpr const Value* held() const { return items_; }  ///< optional: nullptr when none
    const Opaque& as_opaque() const { return *opaque_; }
    const Failure& failure() const { return *failure_; }

    std::size_t size() const;  ///< elements of a list or map; bytes of a text
    /// Element of a list. index < size().
    Value at(std::size_t index, Evaluation& evaluation) const {
        return host_ ? host_list_->at(index, evaluation) : items_[index];
    }
    /// Value under a key of a map, numbers compared across types; nothing when there is none.
    std::optional<Value> find(const Value& key, Evaluation& evaluation) const;
    Value keys(Evaluation& evaluation) const;  ///< of a map, as a list

private:
    constexpr Value(Kind kind, std::uint32_t size, std::int64_t integer)
        : kind_(kind), size_(size), integer_(integer) {}
    static constexpr Value of_text(Kind kind, std::string_view text) {
        Value value(kind, static_cast<std::uint32_t>(text.size()), 0);
        value.text_ = text.data();
        return value;
    }

    Kind kind_ = Kind::null;
    bool host_ = false;       // list, map: a host object, not our own
    std::uint32_t size_ = 0;  // bytes of a text, elements of our own list, nanos of a timestamp
    union {
        std::int64_t integer_;
        double real_;
        const char* text_;
        const Value* items_;
        const HostList* host_list_;
        const HostMap* host_map_;
        const MapTable* table_;
        const Opaque* opaque_;
        const Failure* failure_;
    };
};
static_assert(sizeof(Value) == 16);

/// CEL equality: values of different types are unequal, except numbers, which compare by value; NaN equals nothing.
/// Neither side may be an error. Stops with `false` when the evaluation's budget is used up.
bool equals(const Value& a, const Value& b, Evaluation& evaluation);

enum class Order { less, equal, greater, unordered, incomparable };
/// CEL ordering: numbers across types, strings, bytes, bools, timestamps, durations; `unordered` for NaN,
/// `incomparable` for other pairs.
Order compare(const Value& a, const Value& b);

std::string_view type_name(const Value& value);  ///< "int", "list", "google.protobuf.Duration"; "error" for errors
/// As CEL would write it: `[1, 2u, "x"]`; for messages and tests. Texts longer than `bytes_max` are cut.
std::string to_text(const Value& value, Evaluation& evaluation, std::size_t bytes_max = 4096);

}  // namespace ark::expr

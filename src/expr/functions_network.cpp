#include "expr/library.hpp"
#include "expr/operators.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <arpa/inet.h>

namespace ark::expr {

namespace {

constexpr std::string_view address_type = "net.IP";
constexpr std::string_view network_type = "net.CIDR";
constexpr std::array<std::uint8_t, 12> mapped_prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// An address in 16 bytes; IPv4 in the form that IPv6 has for it, so that both compare.
struct Bits {
    std::array<std::uint8_t, 16> bytes{};
    bool v4 = false;

    std::span<const std::uint8_t> own() const { return std::span(bytes).subspan(v4 ? 12 : 0); }
    bool operator==(const Bits& other) const { return bytes == other.bytes; }
};

std::string to_text(const Bits& bits) {
    char buffer[INET6_ADDRSTRLEN] = {};
    inet_ntop(bits.v4 ? AF_INET : AF_INET6, bits.own().data(), buffer, sizeof buffer);
    return buffer;
}

std::optional<Bits> parse_bits(std::string_view text) {
    char terminated[INET6_ADDRSTRLEN] = {};
    if (text.size() >= sizeof terminated) return std::nullopt;
    std::copy(text.begin(), text.end(), terminated);
    Bits bits;
    if (inet_pton(AF_INET, terminated, bits.bytes.data() + 12) == 1) {
        std::copy(mapped_prefix.begin(), mapped_prefix.end(), bits.bytes.begin());
        bits.v4 = true;
        return bits;
    }
    if (inet_pton(AF_INET6, terminated, bits.bytes.data()) != 1) return std::nullopt;
    // An IPv4 address within an IPv6 one, written with dots: ambiguous, refused.
    const bool mapped = std::equal(mapped_prefix.begin(), mapped_prefix.end(), bits.bytes.begin());
    if (mapped && text.find('.') != std::string_view::npos) return std::nullopt;
    return bits;
}

class Address final : public Opaque {
public:
    explicit Address(const Bits& given) : bits(given) {}
    std::string_view type_name() const override { return address_type; }
    bool equals(const Opaque& other) const override { return bits == static_cast<const Address&>(other).bits; }
    std::string text() const override { return to_text(bits); }

    Bits bits;
};

class Network final : public Opaque {
public:
    Network(const Bits& given, int length) : bits(given), prefix_length(length) {}
    std::string_view type_name() const override { return network_type; }
    bool equals(const Opaque& other) const override {
        const auto& network = static_cast<const Network&>(other);
        return bits == network.bits && prefix_length == network.prefix_length;
    }
    std::string text() const override { return to_text(bits) + '/' + std::to_string(prefix_length); }

    bool contains(const Bits& address) const { return bits.v4 == address.v4 && masked(address) == masked(bits); }
    Bits masked(Bits address) const {
        const int kept = prefix_length + (bits.v4 ? 96 : 0);
        for (int i = 0; i < 16; ++i) {
            const int of_byte = std::clamp(kept - i * 8, 0, 8);
            address.bytes[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00 >> of_byte);
        }
        return address;
    }

    Bits bits;
    int prefix_length;
};

std::optional<Network> parse_network(std::string_view text) {
    const auto slash = text.find('/');
    const auto bits = parse_bits(text.substr(0, slash));
    if (!bits || slash == std::string_view::npos) return std::nullopt;
    const auto digits = text.substr(slash + 1);
    int length = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    const bool good = error == std::errc{} && end == digits.data() + digits.size() && length >= 0 &&
                      length <= (bits->v4 ? 32 : 128) && digits.front() != '-';
    return good ? std::optional(Network(*bits, length)) : std::nullopt;
}

template <class T, class... Args>
Value make(Evaluation& evaluation, Args&&... args) {
    const auto* object = evaluation.make<T>(std::forward<Args>(args)...);
    return object == nullptr ? evaluation.exhausted() : Value::opaque(*object);
}

// The argument as an address or network, nothing when it is another kind of thing.
template <class T>
const T* as(const Value& value, std::string_view type) {
    if (!value.is(Kind::opaque) || value.as_opaque().type_name() != type) return nullptr;
    return static_cast<const T*>(&value.as_opaque());
}

Value no_address(const Call& call) {
    return call.evaluation.fail(Code::invalid_argument, "the text is no IP address");
}
Value no_network(const Call& call) {
    return call.evaluation.fail(Code::invalid_argument, "the text is no network such as 10.0.0.0/8");
}

Value address_of_text(const Call& call) {
    const auto bits = parse_bits(call.arguments[0].as_text());
    return bits ? make<Address>(call.evaluation, *bits) : no_address(call);
}
Value is_address(const Call& call) {
    return Value::boolean(parse_bits(call.arguments[0].as_text()).has_value());
}
Value is_canonical(const Call& call) {
    const auto bits = parse_bits(call.arguments[0].as_text());
    return bits ? Value::boolean(to_text(*bits) == call.arguments[0].as_text()) : no_address(call);
}
Value network_of_text(const Call& call) {
    const auto network = parse_network(call.arguments[0].as_text());
    return network ? make<Network>(call.evaluation, *network) : no_network(call);
}
Value is_network(const Call& call) {
    return Value::boolean(parse_network(call.arguments[0].as_text()).has_value());
}

Value text_of(const Call& call) {
    return call.evaluation.text(call.arguments[0].as_opaque().text());
}

template <Value (*function)(const Bits&)>
Value of_address(const Call& call) {
    const auto* address = as<Address>(call.arguments[0], address_type);
    return address == nullptr ? no_overload("the function", call.arguments, call.evaluation) : function(address->bits);
}

bool all_zero(std::span<const std::uint8_t> bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}
bool unspecified(const Bits& bits) {
    return all_zero(bits.own());
}
bool loopback(const Bits& bits) {
    const auto own = bits.own();
    return bits.v4 ? own[0] == 127 : all_zero(own.first(15)) && own[15] == 1;
}
bool multicast(const Bits& bits) {
    return bits.v4 ? bits.own()[0] >> 4 == 14 : bits.own()[0] == 0xff;
}
bool link_local_multicast(const Bits& bits) {
    const auto own = bits.own();
    if (bits.v4) return own[0] == 224 && own[1] == 0 && own[2] == 0;
    return own[0] == 0xff && (own[1] & 0x0f) == 2;
}
bool link_local_unicast(const Bits& bits) {
    const auto own = bits.own();
    if (bits.v4) return own[0] == 169 && own[1] == 254;
    return own[0] == 0xfe && (own[1] & 0xc0) == 0x80;
}
bool global_unicast(const Bits& bits) {
    const auto own = bits.own();
    const bool broadcast =
        bits.v4 && std::all_of(own.begin(), own.end(), [](std::uint8_t byte) { return byte == 255; });
    return !unspecified(bits) && !broadcast && !loopback(bits) && !multicast(bits) && !link_local_unicast(bits);
}

template <bool (*test)(const Bits&)>
Value tested(const Bits& bits) {
    return Value::boolean(test(bits));
}
Value family(const Bits& bits) {
    return Value::integer(bits.v4 ? 4 : 6);
}

template <bool (*test)(const Bits&)>
void add_test(Library& library, std::string_view name) {
    library.add(name, "ip.() bool", &of_address<&tested<test>>);
}

Value contains_address(const Call& call) {
    const auto* network = as<Network>(call.arguments[0], network_type);
    const auto* address = as<Address>(call.arguments[1], address_type);
    if (network == nullptr) return no_overload("containsIP", call.arguments, call.evaluation);
    if (address != nullptr) return Value::boolean(network->contains(address->bits));
    if (!call.arguments[1].is(Kind::string)) return no_overload("containsIP", call.arguments, call.evaluation);
    const auto bits = parse_bits(call.arguments[1].as_text());
    return bits ? Value::boolean(network->contains(*bits)) : no_address(call);
}

Value contains_network(const Call& call) {
    const auto* network = as<Network>(call.arguments[0], network_type);
    const auto* other = as<Network>(call.arguments[1], network_type);
    if (network == nullptr) return no_overload("containsCIDR", call.arguments, call.evaluation);
    std::optional<Network> parsed;
    if (other == nullptr && call.arguments[1].is(Kind::string)) {
        parsed = parse_network(call.arguments[1].as_text());
        if (!parsed) return no_network(call);
        other = &*parsed;
    }
    if (other == nullptr) return no_overload("containsCIDR", call.arguments, call.evaluation);
    return Value::boolean(network->contains(other->bits) && network->prefix_length <= other->prefix_length);
}

template <Value (*function)(const Network&, Evaluation&)>
Value of_network(const Call& call) {
    const auto* network = as<Network>(call.arguments[0], network_type);
    return network == nullptr ? no_overload("the function", call.arguments, call.evaluation)
                              : function(*network, call.evaluation);
}

Value address_of(const Network& network, Evaluation& evaluation) {
    return make<Address>(evaluation, network.bits);
}
Value masked_network(const Network& network, Evaluation& evaluation) {
    return make<Network>(evaluation, network.masked(network.bits), network.prefix_length);
}
Value prefix_length(const Network& network, Evaluation&) {
    return Value::integer(network.prefix_length);
}

}  // namespace

void add_networks(Library& library) {
    library.add("ip", "(string) ip", &address_of_text);
    library.add("isIP", "(string) bool", &is_address);
    library.add("ip.isCanonical", "(string) bool", &is_canonical);
    library.add("cidr", "(string) cidr", &network_of_text);
    library.add("isCIDR", "(string) bool", &is_network);
    library.add("string", "(ip) string", &text_of);
    library.add("string", "(cidr) string", &text_of);
    library.add("family", "ip.() int", &of_address<&family>);
    add_test<&unspecified>(library, "isUnspecified");
    add_test<&loopback>(library, "isLoopback");
    add_test<&global_unicast>(library, "isGlobalUnicast");
    add_test<&link_local_multicast>(library, "isLinkLocalMulticast");
    add_test<&link_local_unicast>(library, "isLinkLocalUnicast");
    library.add("containsIP", "cidr.(ip) bool", &contains_address);
    library.add("containsIP", "cidr.(string) bool", &contains_address);
    library.add("containsCIDR", "cidr.(cidr) bool", &contains_network);
    library.add("containsCIDR", "cidr.(string) bool", &contains_network);
    library.add("ip", "cidr.() ip", &of_network<&address_of>);
    library.add("masked", "cidr.() cidr", &of_network<&masked_network>);
    library.add("prefixLength", "cidr.() int", &of_network<&prefix_length>);
}

}  // namespace ark::expr

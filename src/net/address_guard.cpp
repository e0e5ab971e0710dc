#include "net/http_client.hpp"

#include <cstdlib>
#include <optional>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>

namespace ark::net {

namespace {

struct Range {
    std::uint32_t network;
    unsigned bits;
};

// IANA's special-purpose registry: what is not of the public internet.
constexpr Range special_v4[] = {
    {0x00000000, 8},   // "this network"
    {0x0a000000, 8},   // private
    {0x64400000, 10},  // shared (carrier-grade NAT)
    {0x7f000000, 8},   // loopback
    {0xa9fe0000, 16},  // link-local: cloud metadata lives here
    {0xac100000, 12},  // private
    {0xc0000000, 24},  // protocol assignments
    {0xc0a80000, 16},  // private
    {0xc6120000, 15},  // benchmarking
    {0xe0000000, 3},   // multicast, reserved, broadcast
};

bool is_public(asio::ip::address_v4 address) {
    for (const auto& [network, bits] : special_v4) {
        if (((address.to_uint() ^ network) >> (32 - bits)) == 0) return false;
    }
    return true;
}

/// Where an IPv6 address leads into IPv4: mapped, and through NAT64 (64:ff9b::/96).
std::optional<asio::ip::address_v4> inner_v4(const asio::ip::address_v6& address) {
    if (address.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, address);
    const auto bytes = address.to_bytes();
    if (bytes[0] == 0 && bytes[1] == 0x64 && bytes[2] == 0xff && bytes[3] == 0x9b)
        return asio::ip::address_v4({bytes[12], bytes[13], bytes[14], bytes[15]});
    return std::nullopt;
}

bool is_public(const asio::ip::address_v6& address) {
    if (const auto v4 = inner_v4(address)) return is_public(*v4);
    return (address.to_bytes()[0] & 0xe0) == 0x20;  // 2000::/3 is what has been given out
}

bool is_link_local(asio::ip::address_v4 address) {
    return (address.to_uint() >> 16) == 0xa9fe;
}

std::string variable(std::initializer_list<const char*> names) {
    for (const char* name : names) {
        const char* value = std::getenv(name);
        if (value != nullptr && *value != '\0') return value;
    }
    return {};
}

}  // namespace

AddressGuard public_addresses_only() {
    return [](std::string_view host, std::string_view text) -> Status {
        boost::system::error_code error;
        const auto address = asio::ip::make_address(std::string(text), error);
        const bool allowed = !error && (address.is_v4() ? is_public(address.to_v4()) : is_public(address.to_v6()));
        if (allowed) return ok();
        return fail(Errc::forbidden, std::string(host) + " is " + std::string(text) + ", not a public address");
    };
}

bool is_link_local(std::string_view text) {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(std::string(text), error);
    if (error) return false;
    if (address.is_v4()) return is_link_local(address.to_v4());
    const auto v6 = address.to_v6();
    if (const auto v4 = inner_v4(v6)) return is_link_local(*v4);
    // fd00:ec2::/32: the metadata service of AWS.
    const auto bytes = v6.to_bytes();
    return v6.is_link_local() || (bytes[0] == 0xfd && bytes[1] == 0 && bytes[2] == 0x0e && bytes[3] == 0xc2);
}

void use_proxy_of_environment(HttpClientConfig& config) {
    config.proxy = variable({"https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"});
    const auto list = variable({"no_proxy", "NO_PROXY"});
    std::string_view rest = list;
    while (!rest.empty()) {
        const auto end = rest.find(',');
        auto host = rest.substr(0, end);
        while (host.starts_with(' '))
            host.remove_prefix(1);
        while (host.ends_with(' '))
            host.remove_suffix(1);
        if (!host.empty()) config.no_proxy.emplace_back(host);
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    }
}

}  // namespace ark::net

#include "resources/rules.hpp"

#include <array>
#include <cstdint>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace ark::resources::detail {
namespace {

std::string_view host_of(std::string_view url) {
    auto rest = url.substr(url.find("://") + 3);
    rest = rest.substr(0, rest.find_first_of("/?#"));
    if (const auto at = rest.rfind('@'); at != std::string_view::npos) rest.remove_prefix(at + 1);
    if (rest.starts_with('[')) return rest.substr(1, rest.find(']') - 1);
    return rest.substr(0, rest.find(':'));
}

struct Range {
    std::uint32_t network;
    unsigned bits;
};
constexpr Range loopback{0x7f000000, 8};
constexpr Range link_local{0xa9fe0000, 16};  // among them the metadata service of clouds
constexpr std::array<Range, 3> private_ranges{{{0x0a000000, 8}, {0xac100000, 12}, {0xc0a80000, 16}}};

bool within(std::uint32_t address, const Range& range) {
    return ((address ^ range.network) >> (32 - range.bits)) == 0;
}

std::optional<std::uint32_t> ipv4(std::string_view host) {
    in_addr address{};
    if (inet_pton(AF_INET, std::string(host).c_str(), &address) != 1) return std::nullopt;
    return ntohl(address.s_addr);
}

}  // namespace

std::optional<std::string> refuse_address(std::string_view url, bool private_addresses) {
    const auto host = host_of(url);
    const auto address = ipv4(host);
    if (address && within(*address, link_local)) return fmt::format("{} is a link-local address", host);
    if (private_addresses) return std::nullopt;
    if (host == "localhost" || host == "::1" || (address && within(*address, loopback))) {
        return fmt::format("{} is this machine", host);
    }
    for (const auto& range : private_ranges) {
        if (address && within(*address, range)) return fmt::format("{} is in a private network", host);
    }
    if (!url.starts_with("https://") && !is_of_cluster(host)) return "must be https";
    return std::nullopt;
}

bool is_of_cluster(std::string_view host) {
    return host.ends_with(".svc.cluster.local");
}

}  // namespace ark::resources::detail

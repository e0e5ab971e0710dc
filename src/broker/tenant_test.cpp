#include "broker/tenant.hpp"

#include <gtest/gtest.h>

namespace ark::broker {
namespace {

Result<std::string> tenant_for(std::string_view header) {
    net::RequestHead head;
    head.fields.add("x-scope-orgid", header);
    return tenant_of(head);
}

}  // namespace

TEST(Tenant, IsDefaultWithoutHeader) {
    EXPECT_EQ(tenant_of(net::RequestHead{}).value(), "default");
}

TEST(Tenant, IsTheHeaderWhenItIsAName) {
    EXPECT_EQ(tenant_for("team-a.prod_1").value(), "team-a.prod_1");
}

TEST(Tenant, RefusesWhatCouldBreakAKey) {
    for (const std::string& bad :
         {std::string(), std::string("a/b"), std::string("a b"), std::string("a\0b", 3), std::string(129, 'a')}) {
        EXPECT_FALSE(tenant_for(bad)) << bad;
    }
}

}  // namespace ark::broker

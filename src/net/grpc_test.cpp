#include "net/grpc.hpp"

#include "net/test_server.hpp"

#include <future>

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

namespace ark::net {
namespace {

struct Reply {
    ::grpc::Status status;
    std::string body;
};

/// One unary call by the reference implementation.
Reply call(const std::shared_ptr<::grpc::Channel>& channel, const std::string& method, const std::string& message) {
    ::grpc::GenericStub stub(channel);
    ::grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    const ::grpc::Slice slice(message);
    const ::grpc::ByteBuffer request(&slice, 1);
    ::grpc::ByteBuffer response;
    std::promise<::grpc::Status> done;
    stub.UnaryCall(&context, method, {}, &request, &response,
                   [&done](::grpc::Status s) { done.set_value(std::move(s)); });
    Reply reply;
    reply.status = done.get_future().get();
    std::vector<::grpc::Slice> slices;
    if (reply.status.ok() && response.Dump(&slices).ok()) {
        for (const auto& s : slices)
            reply.body.append(reinterpret_cast<const char*>(s.begin()), s.size());
    }
    return reply;
}

TEST(Grpc, ServesTheReferenceClient) {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "Debian's grpc++ is not instrumented: every hand-over inside it looks like a race";
#endif
    TestServer test;
    ::grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    const auto channel =
        ::grpc::CreateCustomChannel(test.server->address(), ::grpc::InsecureChannelCredentials(), arguments);
    for (const std::size_t size : {0u, 1u, 100'000u, 3'000'000u}) {
        const std::string message(size, 'm');
        const auto reply = call(channel, "/test.Service/Echo", message);
        EXPECT_TRUE(reply.status.ok()) << reply.status.error_message();
        EXPECT_EQ(reply.body, message);
    }
    const auto failed = call(channel, "/test.Service/Echo", "fail");
    EXPECT_EQ(failed.status.error_code(), ::grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(failed.status.error_message(), "100% busy\n");
    EXPECT_EQ(failed.status.error_details(), std::string("\x08\x0e\xff", 3));
    EXPECT_EQ(call(channel, "/test.Service/None", "x").status.error_code(), ::grpc::StatusCode::UNIMPLEMENTED);
    EXPECT_EQ(call(channel, "/test.Service/Echo", std::string(17u << 20, 'x')).status.error_code(),
              ::grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST(Grpc, UnframesExactlyOneMessage) {
    const auto whole = grpc::frame("abc");
    EXPECT_EQ(whole, std::string("\0\0\0\0\3abc", 8));
    EXPECT_EQ(grpc::unframe(whole)->bytes, "abc");
    EXPECT_FALSE(grpc::unframe(whole)->compressed);
    EXPECT_TRUE(grpc::unframe(std::string_view("\1\0\0\0\0", 5))->compressed);
    for (const std::string& bad : {std::string(), std::string(4, '\0'), whole + "x", whole.substr(0, 7), whole + whole,
                                   std::string("\2\0\0\0\0", 5)}) {
        const auto message = grpc::unframe(bad);
        ASSERT_FALSE(message);
        EXPECT_EQ(message.error().code, Errc::protocol);
    }
}

TEST(Grpc, IsKnownByItsContentType) {
    const auto is = [](std::string_view type) {
        RequestHead head;
        head.fields.add("content-type", type);
        return grpc::is_grpc(head);
    };
    EXPECT_TRUE(is("application/grpc"));
    EXPECT_TRUE(is("application/grpc+proto"));
    EXPECT_TRUE(is("application/grpc; x=y"));
    EXPECT_FALSE(is("application/grpc-web"));
    EXPECT_FALSE(is("application/json"));
}

}  // namespace
}  // namespace ark::net

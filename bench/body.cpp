// One request body for generators that send the same bytes for ever: ark_body FILE GRPC_FILE
#include "payload.hpp"

#include <cstdio>
#include <fstream>

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: ark_body FILE GRPC_FILE\n");
        return 1;
    }
    ark::bench::Payload payload(ark::bench::Shape::genai, ark::bench::Wire::protobuf, 90, 10, 3);
    payload.stamp(1, 1, 1, 1'763'632'800'000'000'000);
    const auto& body = payload.body();
    std::ofstream(argv[1], std::ios::binary) << body;
    const auto size = static_cast<std::uint32_t>(body.size());
    const char frame[5] = {0, static_cast<char>(size >> 24), static_cast<char>(size >> 16),
                           static_cast<char>(size >> 8), static_cast<char>(size)};
    std::ofstream grpc(argv[2], std::ios::binary);
    grpc.write(frame, sizeof frame);
    grpc << body;
    return 0;
}

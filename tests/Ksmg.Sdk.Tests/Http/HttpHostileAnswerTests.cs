using System.IO.Compression;
using System.Net;
using Ksmg.Sdk.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace Ksmg.Sdk.Tests;

public sealed class HttpHostileAnswerTests
{
    public static TheoryData<int, string, string> Unusable => new()
    {
        { 200, "", "not JSON" },
        { 200, "{\"data\":{\"version\":\"2.", "not JSON" },
        { 200, "{\"data\":{}} {\"data\":{}}", "not JSON" },
        { 200, "null", "not JSON" },
        { 200, "[]", "not JSON" },
        { 200, "{}", "without data" },
        { 200, "{\"data\":null}", "without data" },
        { 200, "{\"data\":{}}", "another shape" },
        { 200, "{\"data\":{\"version\":5}}", "another shape" },
        { 200, "{\"data\":[]}", "another shape" },
        { 200, "{\"data\":" + new string('[', 100) + new string(']', 100) + "}", "not JSON" },
        { 404, "<html>not found</html>", "answered 404" },
        { 500, "oops", "answered 500" },
        { 204, "", "not JSON" },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task What_cannot_be_read_names_node_and_operation(int status, string body, string detail)
    {
        FakeNode node = new FakeNode().On("get-about", _ => FakeNode.Json(status, body));

        var e = await Assert.ThrowsAsync<KsmgApiException>(() => node.Connect().Updates.GetAboutAsync());

        Assert.Contains(detail, e.Message, StringComparison.Ordinal);
        Assert.StartsWith("gw1: get-about: ", e.Message, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode)status, e.Status);
        Assert.False(e.HadNoEffect);
    }

    [Theory]
    [InlineData(200, """{"error":{"code":"busy","message":"later"}}""", "busy", false)]
    [InlineData(200, """{"data":{"version":"2.1"},"error":{"code":"busy","message":"later"}}""", "busy", false)]
    [InlineData(409, """{"error":{"code":"busy","message":"later","more":[1]}}""", "busy", true)]
    [InlineData(500, """{"error":{"code":"internal"}}""", "internal", false)]
    [InlineData(400, """{"error":"nonsense"}""", null, true)]
    [InlineData(400, """{"error":{"code":17}}""", "17", true)]
    public async Task An_error_object_is_a_refusal_whatever_the_status(int status, string body, string? code, bool noEffect)
    {
        FakeNode node = new FakeNode().On("get-about", _ => FakeNode.Json(status, body));

        var e = await Assert.ThrowsAsync<KsmgApiException>(() => node.Connect().Updates.GetAboutAsync());

        Assert.Equal(code, e.Code);
        Assert.Equal(noEffect, e.HadNoEffect);
        Assert.Equal(1, node.Count("get-about"));
    }

    public static TheoryData<string, byte[]> OddRefusals => new()
    {
        { "not UTF-8", [.. "{\"error\":{\"code\":\""u8, 0xFF, .. "\"}}"u8] },
        { "not UTF-8 in the message", [.. "{\"error\":{\"code\":\"busy\",\"message\":\""u8, 0xC3, .. "\"}}"u8] },
        { "half a character", """{"error":{"code":"\ud800","message":"\udc00"}}"""u8.ToArray() },
        { "an odd text", """{"error":"\ud800"}"""u8.ToArray() },
        { "an odd name", """{"error":{"\ud800":1,"code":"busy"},"\ud800":[]}"""u8.ToArray() },
        { "lists", """{"error":{"code":[null],"message":{"a":null}}}"""u8.ToArray() },
        { "a list", """{"error":[null]}"""u8.ToArray() },
    };

    [Theory]
    [MemberData(nameof(OddRefusals))]
    public async Task A_refusal_that_cannot_be_read_as_it_was_meant_stays_a_refusal(string way, byte[] body)
    {
        FakeNode node = new FakeNode().On("start-update", _ => new HttpResponseMessage(HttpStatusCode.Conflict) { Content = new ByteArrayContent(body) });

        var e = await Assert.ThrowsAsync<KsmgApiException>(() => node.Connect().Updates.StartInstallAsync("u-1"));

        Assert.StartsWith("gw1: start-update: ", e.Message, StringComparison.Ordinal);
        Assert.True(e.HadNoEffect || way == "an odd name", way);
        Assert.All(
            new[] { e.Message, e.Code ?? "", e.Body! },
            text => Assert.Equal(text, System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text))));
    }

    public static TheoryData<string, string, Func<KsmgNode, Task>> Gaps
    {
        get
        {
            static async Task ListAsync<T>(IAsyncEnumerable<T> items)
            {
                await foreach (T _ in items)
                {
                }
            }

            const string status = """{"address":"10.0.0.1:9045",""";
            return new TheoryData<string, string, Func<KsmgNode, Task>>
            {
                { "get-cluster-nodes", """{"nodes":[null]}""", n => ListAsync(n.Nodes.ListAsync()) },
                { "get-cluster-nodes", """{"nodes":[{"address":null}]}""", n => ListAsync(n.Nodes.ListAsync()) },
                { "get-cluster-nodes", """{"nodes":[{"address":"a","comment":"\ud800"}]}""", n => n.Role.GetEmergencyStateAsync() },
                { "get-cluster-nodes", """{"nodes":[{"address":"a","problems":[null]}]}""", n => ListAsync(n.Nodes.ListAsync()) },
                { "get-node-status", status + """ "problems":[null]}""", n => n.Nodes.GetStatusAsync() },
                { "get-node-status", status + """ "disks":[null]}""", n => n.Nodes.GetStatusAsync() },
                { "get-node-status", status + """ "services":[null]}""", n => n.Role.GetAsync() },
                { "get-node-status", status + """ "clock":"yesterday"}""", n => n.Nodes.GetStatusAsync() },
                { "get-node-status", status + """ "hostName":"\udfff"}""", n => n.Nodes.GetStatusAsync() },
                { "get-current-user", """{"userName":"a","permissions":[null]}""", n => n.Nodes.GetCurrentUserAsync() },
                { "list-message-queue", """{"messages":[null]}""", n => ListAsync(n.Queue.ListMessagesAsync()) },
                { "list-message-queue", """{"messages":[{"id":"a","recipients":["b",null]}]}""", n => ListAsync(n.Queue.ListMessagesAsync()) },
                { "list-update-packages", """{"packages":[null]}""", n => n.Updates.ListUploadsAsync() },
                { "get-update-status", """{"state":"idle","unknownObjects":[null]}""", n => n.Updates.GetStatusAsync() },
                { "get-message-queue-summary", """{"mta":-1,"kataQuarantine":1,"antiSpamQuarantine":0}""", n => n.Queue.GetSummaryAsync() },
                { "get-message-queue-summary", """{"mta":1,"kataQuarantine":-1,"antiSpamQuarantine":0}""", n => n.Queue.GetSummaryAsync() },
                { "get-message-queue-summary", """{"mta":1,"kataQuarantine":0,"antiSpamQuarantine":-9223372036854775808}""", n => n.Queue.GetSummaryAsync() },
                { "get-message-queue-summary", """{"mta":0,"kataQuarantine":0,"antiSpamQuarantine":0,"smtpSessions":-1}""", n => n.Queue.GetSummaryAsync() },
                { "get-message-queue-summary", """{"mta":1e30,"kataQuarantine":0,"antiSpamQuarantine":0}""", n => n.Queue.GetSummaryAsync() },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Gaps))]
    public async Task Data_that_cannot_be_is_told_with_node_and_operation(string call, string data, Func<KsmgNode, Task> ask)
    {
        FakeNode node = new FakeNode().On(call, data);

        var e = await Assert.ThrowsAsync<KsmgApiException>(() => ask(node.Connect()));

        Assert.Contains("another shape", e.Message, StringComparison.Ordinal);
        Assert.StartsWith("gw1: " + e.Operation + ": ", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Ksmg.Sdk", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Queues_are_looked_at_one_by_one_and_their_sum_proves_nothing()
    {
        FakeNode node =
            new FakeNode().On("get-message-queue-summary", """{"mta":9223372036854775807,"kataQuarantine":9223372036854775807,"antiSpamQuarantine":2}""");

        QueueSummary queues = await node.Connect().Queue.GetSummaryAsync();

        Assert.False(queues.IsEmpty);
    }

    [Theory]
    [InlineData("\uFEFF{\"data\":{\"version\":\"2.1\"}}", null)]
    [InlineData("{\"data\":{\"version\":\"2.1\"}}", "identity")]
    [InlineData("{\"data\":{\"version\":\"2.1\"}}", "Identity")]
    public async Task Harmless_oddities_of_an_answer_are_read(string body, string? encoding)
    {
        FakeNode node = new FakeNode().On("get-about", _ =>
        {
            HttpResponseMessage answer = new(HttpStatusCode.OK) { Content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(body)) };
            if (encoding is not null)
            {
                answer.Content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
            }

            return answer;
        });

        Assert.Equal("2.1", (await node.Connect().Updates.GetAboutAsync()).Version);
    }

    [Theory]
    [InlineData("get-about", 301)]
    [InlineData("get-about", 302)]
    [InlineData("get-auth-info", 308)]
    public async Task The_target_of_a_redirect_is_shown(string call, int status)
    {
        FakeNode node = new FakeNode().On(
            call, _ => new HttpResponseMessage((HttpStatusCode)status) { Headers = { Location = new Uri("https://gw9.test:8443/ui") } });

        var e = await Assert.ThrowsAnyAsync<KsmgApiException>(() => node.Connect().Updates.GetAboutAsync());

        Assert.Contains($"answered {status} and points to https://gw9.test:8443/ui", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_does_not_know_Expect_gets_the_upload_without_it()
    {
        var seen = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using TestServer server = await TestServer.StartAsync(async context =>
        {
            if (await TestServer.AnswerLoginAsync(context))
            {
                return;
            }

            seen.Enqueue(context.Request.Headers.Expect.ToString());
            if (context.Request.Headers.Expect.Count > 0)
            {
                context.Response.StatusCode = 417;
                return;
            }

            await context.Request.Body.CopyToAsync(Stream.Null);
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("""{"data":{"id":"u-1","complete":true}}""");
        });
        NodeConnection connection = new(
            new KsmgNodeOptions(ServerTrust.Pinned(server.Fingerprint)) { Name = "gw1", Address = server.Address },
            FakeNode.Options(),
            OperationCatalogue.Shipped,
            new HttpClient(NodeHttpHandler.Create(new KsmgNodeOptions(ServerTrust.Pinned(server.Fingerprint)), FakeNode.Options())),
            new Ksmg.Sdk.Http.LoginGuard(TimeProvider.System),
            TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        for (int upload = 0; upload < 2; upload++)
        {
            using var content = new CountingContent();
            UploadDto answer = await connection.SendContentAsync(Upload(content), UpdatesJson.Default.UploadDto, CancellationToken.None)
                .WaitAsync(Eventually.Limit);
            Assert.True(answer.Complete);
            Assert.Equal(1, content.Sent);
        }

        Assert.Equal(["100-continue", "", ""], seen);
    }

    [Fact]
    public async Task A_command_without_success_has_not_succeeded()
    {
        FakeNode node = new FakeNode().On("start-update", """{"success":false}""");

        var e = await Assert.ThrowsAsync<KsmgApiException>(() => node.Connect().Updates.StartInstallAsync("u-1"));

        Assert.False(e.HadNoEffect);
    }

    [Fact]
    public async Task A_long_answer_is_cut_in_the_exception()
    {
        FakeNode node = new FakeNode().On("get-about", _ => FakeNode.Json(500, new string('x', 100_000) + "\r\n"));

        var e = await Assert.ThrowsAsync<KsmgApiException>(() => node.Connect().Updates.GetAboutAsync());

        Assert.Equal(513, e.Body!.Length);
        Assert.True(e.Message.Length < 1000);
    }

    [Fact]
    public async Task Unknown_fields_and_words_survive()
    {
        FakeNode node =
            new FakeNode().On("get-node-status", """{"address":"10.0.0.1:9045","role":"witness","license":"rented","novelty":{"a":[1]},"state":"available"}""");

        NodeStatus status = await node.Connect().Nodes.GetStatusAsync();

        Assert.Equal("witness", status.Role.Value);
        Assert.NotEqual(NodeRole.Control, status.Role);
        Assert.NotEqual(LicenseState.Active, status.License);
        Assert.Equal(NodeState.Available, status.State);
    }

    [Fact]
    public async Task An_answer_without_end_is_not_read_to_its_end()
    {
        var endless = new EndlessStream();
        FakeNode node = new FakeNode().On("get-about", _ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(endless) });

        var e = await Assert.ThrowsAsync<KsmgApiException>(() => node.Connect().Updates.GetAboutAsync());

        Assert.Contains("larger than", e.Message, StringComparison.Ordinal);
        Assert.InRange(endless.Taken, AnswerBuffer.MaxBytes, 2 * AnswerBuffer.MaxBytes);
    }

    [Fact]
    public async Task An_announced_size_beyond_the_limit_is_not_read()
    {
        KsmgApiException e = await AskAsync(async context =>
        {
            context.Response.ContentLength = 100_000_000;
            await context.Response.Body.FlushAsync();
        });

        Assert.Contains("larger than", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_compressed_answer_is_not_unpacked()
    {
        KsmgApiException e = await AskAsync(async context =>
        {
            Assert.DoesNotContain("Accept-Encoding", context.Request.Headers.Keys);
            context.Response.Headers.ContentEncoding = "gzip";
            await using var gzip = new GZipStream(context.Response.Body, CompressionLevel.Fastest);
            await gzip.WriteAsync(new byte[10_000_000]);
        });

        Assert.Contains("compressed", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cut_chunked_answer_is_a_lost_connection_and_asked_again()
    {
        int asked = 0;
        KsmgApiException e = await AskAsync(async context =>
        {
            Interlocked.Increment(ref asked);
            await context.Response.WriteAsync("""{"data":{"version":"2.1" """);
            await context.Response.Body.FlushAsync();
            context.Abort();
        });

        Assert.Contains("broke", e.Message, StringComparison.Ordinal);
        Assert.Equal(RetryTable.MaxAttempts, asked);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        int asked = 0;
        KsmgApiException e = await AskAsync(context =>
        {
            Interlocked.Increment(ref asked);
            context.Response.Redirect(context.Request.Path + "?again");
            return Task.CompletedTask;
        });

        Assert.IsType<KsmgAuthenticationException>(e);
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task An_answer_that_trickles_ends_with_the_clock_of_the_call()
    {
        using var end = new CancellationTokenSource(Eventually.Limit);
        KsmgApiException e = await AskAsync(
            async context =>
            {
                await context.Response.WriteAsync("{");
                await context.Response.Body.FlushAsync();
                await Task.Delay(
                    Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, end.Token).Token);
            },
            TimeSpan.FromSeconds(3));

        Assert.IsType<TimeoutException>(e.InnerException);
        Assert.False(end.IsCancellationRequested);
    }

    [Fact]
    public async Task An_upload_is_refused_before_its_first_byte()
    {
        await using TestServer server = await TestServer.StartAsync(async context =>
        {
            if (!await TestServer.AnswerLoginAsync(context))
            {
                context.Response.StatusCode = 409;
                await context.Response.WriteAsync("""{"error":{"code":"busy","message":"full"}}""");
            }
        });
        using var content = new CountingContent();
        var connection = new NodeConnection(
            new KsmgNodeOptions(ServerTrust.Pinned(server.Fingerprint)) { Name = "gw1", Address = server.Address },
            FakeNode.Options(),
            OperationCatalogue.Shipped,
            new HttpClient(NodeHttpHandler.Create(new KsmgNodeOptions(ServerTrust.Pinned(server.Fingerprint)), FakeNode.Options())),
            new Ksmg.Sdk.Http.LoginGuard(TimeProvider.System),
            TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

        var e = await Assert.ThrowsAsync<KsmgApiException>(
            () => connection.SendContentAsync(Upload(content), UpdatesJson.Default.UploadDto, CancellationToken.None));

        Assert.Equal("busy", e.Code);
        Assert.Equal(0, content.Sent);
    }

    private static Call Upload(CountingContent content) => new()
    {
        Operation = OperationNames.UploadUpdate,
        Arguments = new CallArguments { { "uploadId", "u-1" } },
        Shape = UpdatesJson.Default.UploadDto,
        Content = (_, _) => content,
        HasStarted = () => content.Sent > 0,
        ExpectContinue = true,
    };

    private static async Task<KsmgApiException> AskAsync(RequestDelegate about, TimeSpan? limit = null)
    {
        await using TestServer server = await TestServer.StartAsync(async context =>
        {
            if (!await TestServer.AnswerLoginAsync(context))
            {
                context.Response.ContentType = "application/json";
                await about(context);
            }
        });
        TimeSpan allowed = limit ?? Eventually.Limit;
        using KsmgCluster cluster =
            server.Connect(configure: o => (o.RequestLimit, o.ConnectTimeout) = (allowed, allowed < o.ConnectTimeout ? allowed : o.ConnectTimeout));
        return await Assert.ThrowsAnyAsync<KsmgApiException>(() => cluster["gw1"].Updates.GetAboutAsync().WaitAsync(Eventually.Limit));
    }

    private sealed class EndlessStream : Stream
    {
        public long Taken { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => Taken; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            Taken = Taken < 100_000_000 ? Taken + count : throw new InvalidOperationException("A hundred megabytes were read.");
            return count;
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }
    }

    private sealed class CountingContent : HttpContent
    {
        public int Sent { get; private set; }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            Sent++;
            await stream.WriteAsync(new byte[100_000]);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 100_000;
            return true;
        }
    }
}

using System.IO.Compression;
using System.Net;
using Ksmg.Sdk.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace Ksmg.Sdk.Tests.Unit;

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

    [Fact]
    public async Task A_command_without_success_has_not_succeeded()
    {
        FakeNode node = new FakeNode().On("start-update", """{"success":false}""");

        var e = await Assert.ThrowsAsync<KsmgApiException>(() => node.Connect().Updates.StartAsync("u-1"));

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
        FakeNode node = new FakeNode().On("get-node-status", """{"address":"10.0.0.1:9045","role":"witness","license":"rented","novelty":{"a":[1]},"state":"available"}""");

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
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, end.Token).Token);
            },
            TimeSpan.FromMilliseconds(700));

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
            TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

        var e = await Assert.ThrowsAsync<KsmgApiException>(() => connection.SendContentAsync(OperationNames.UploadUpdate, KsmgJson.Default.UploadDto, "?uploadId=u-1", content, CancellationToken.None));

        Assert.Equal("busy", e.Code);
        Assert.Equal(0, content.Sent);
    }

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
        TimeSpan allowed = limit ?? TimeSpan.FromSeconds(20);
        using KsmgCluster cluster = server.Connect(configure: o => (o.RequestLimit, o.ConnectTimeout) = (allowed, allowed < o.ConnectTimeout ? allowed : o.ConnectTimeout));
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

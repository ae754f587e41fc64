using System.Security.Cryptography.X509Certificates;
using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests;

public sealed class HttpServerTrustTests
{
    private const string Other = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

    [Theory]
    [InlineData(false, "localhost")]
    [InlineData(false, "a.name.nobody.uses")]
    [InlineData(true, "localhost")]
    public async Task A_pinned_certificate_is_accepted_whatever_its_names_and_dates(bool expired, string host)
    {
        await using TestServer server = await StartAsync(TestServer.CreateCertificate(expired, host, withLoopback: false));

        Assert.Null(await AskAsync(server, ServerTrust.Pinned(Other, server.Fingerprint)));
    }

    [Fact]
    public async Task Another_certificate_than_the_pinned_one_is_refused_and_both_are_shown()
    {
        await using TestServer server = await StartAsync();

        var e = Assert.IsType<KsmgCertificateException>(await AskAsync(server, ServerTrust.Pinned(Other)));

        Assert.Equal(server.Fingerprint, e.PresentedFingerprint);
        Assert.Equal([Other], e.ExpectedFingerprints);
        Assert.Contains(server.Fingerprint, e.Message, StringComparison.Ordinal);
        Assert.Contains(Other, e.Message, StringComparison.Ordinal);
        Assert.True(e.HadNoEffect);
    }

    [Fact]
    public async Task What_the_machine_does_not_trust_is_refused()
    {
        await using TestServer server = await StartAsync();

        var e = Assert.IsType<KsmgCertificateException>(await AskAsync(server, ServerTrust.System));

        Assert.Equal(server.Fingerprint, e.PresentedFingerprint);
    }

    [Fact]
    public async Task A_self_signed_certificate_is_its_own_root()
    {
        await using TestServer server = await StartAsync();

        Assert.Null(await AskAsync(server, ServerTrust.CustomRoots(server.Certificate)));
    }

    [Fact]
    public async Task A_root_from_a_file_serves_as_well()
    {
        await using TestServer server = await StartAsync();
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, server.Certificate.ExportCertificatePem());

            Assert.Null(await AskAsync(server, ServerTrust.CustomRootsFile(file)));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task A_custom_root_does_not_excuse_a_wrong_host()
    {
        await using TestServer server = await StartAsync(TestServer.CreateCertificate(host: "gw9.test", withLoopback: false));

        var e = Assert.IsType<KsmgCertificateException>(await AskAsync(server, ServerTrust.CustomRoots(server.Certificate)));

        Assert.Contains("it is for gw9.test, not for 127.0.0.1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_custom_root_does_not_excuse_an_expired_certificate()
    {
        await using TestServer server = await StartAsync(TestServer.CreateCertificate(expired: true));

        Assert.IsType<KsmgCertificateException>(await AskAsync(server, ServerTrust.CustomRoots(server.Certificate)));
    }

    [Fact]
    public async Task Another_root_is_refused()
    {
        using X509Certificate2 other = TestServer.CreateCertificate();
        await using TestServer server = await StartAsync();

        Assert.IsType<KsmgCertificateException>(await AskAsync(server, ServerTrust.CustomRoots(other)));
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("SHA256:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00")]
    [InlineData(Other)]
    public async Task A_fingerprint_is_read_in_any_usual_form(string text)
    {
        await using TestServer server = await StartAsync();

        var e = Assert.IsType<KsmgCertificateException>(await AskAsync(server, ServerTrust.Pinned(text)));

        Assert.Equal([Other], e.ExpectedFingerprints);
    }

    [Theory]
    [InlineData("")]
    [InlineData("sha256:")]
    [InlineData("sha1:0000000000000000000000000000000000000000")]
    [InlineData("000000000000000000000000000000000000000000000000000000000000000g")]
    public void A_malformed_fingerprint_is_refused(string text) => Assert.Throws<FormatException>(() => ServerTrust.Pinned(text));

    private static Task<TestServer> StartAsync(X509Certificate2? certificate = null) =>
        TestServer.StartAsync(
            async context =>
            {
                if (!await TestServer.AnswerLoginAsync(context))
                {
                    context.Response.ContentType = "application/json";
                    await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, """{"data":{"version":"2.1"}}""");
                }
            },
            certificate);

    private static async Task<Exception?> AskAsync(TestServer server, ServerTrust trust)
    {
        using KsmgCluster cluster = server.Connect(trust, o => (o.RequestLimit, o.ConnectTimeout) = (Eventually.Limit, Eventually.Limit));
        return await Record.ExceptionAsync(() => cluster["gw1"].Updates.GetAboutAsync());
    }
}

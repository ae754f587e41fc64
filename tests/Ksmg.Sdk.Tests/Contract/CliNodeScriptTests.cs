using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>
/// A script written for a real node, call by call as curl sends it, without our clients: it works against a simulated node of either
/// build with the header of that build, and with no other.
/// </summary>
public sealed class CliNodeScriptTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    public static TheoryData<string, string> Dialects => new() { { "2.0.1.6960", "X-XSRF-TOKEN" }, { "2.1.0.7854", "KSMG-XSRF-TOKEN" } };

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task A_script_for_a_real_node_imports_and_activates_a_certificate(string build, string header)
    {
        await using SimulatedCluster cluster = await StartAsync(build);
        using HttpClient curl = Curl(cluster);

        Assert.Contains("success", await LogInAsync(curl, cluster, header));
        using HttpResponseMessage import = await curl.PostAsync("/web/api/create-mta-cert-imported?password=secret", Upload()).WaitAsync(Limit);
        string imported = await import.Content.ReadAsStringAsync();
        Assert.Contains("data", imported);
        int id = JsonDocument.Parse(imported).RootElement.GetProperty("data").GetProperty("id").GetInt32();
        using HttpResponseMessage activate = await curl.PostAsJsonAsync("/web/api/set-mta-cert-active-server", new { id }).WaitAsync(Limit);

        Assert.True(id >= 1);
        Assert.Contains("success", await activate.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("2.0.1.6960", "KSMG-XSRF-TOKEN")]
    [InlineData("2.1.0.7854", "X-XSRF-TOKEN")]
    public async Task The_header_of_the_other_build_is_refused(string build, string header)
    {
        await using SimulatedCluster cluster = await StartAsync(build);
        using HttpClient curl = Curl(cluster);

        Assert.Contains("error", await LogInAsync(curl, cluster, header));
        using HttpResponseMessage import = await curl.PostAsync("/web/api/create-mta-cert-imported?password=secret", Upload()).WaitAsync(Limit);

        Assert.Contains("error", await import.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_wrong_password_is_told_by_the_text_error_in_the_body()
    {
        await using SimulatedCluster cluster = await StartAsync("2.0.1.6960");
        using HttpClient curl = Curl(cluster);

        Assert.Contains("error", await LogInAsync(curl, cluster, "X-XSRF-TOKEN", "wrong"));
    }

    private static Task<SimulatedCluster> StartAsync(string build) =>
        SimulatedCluster.StartAsync(
            new SimulatedClusterOptions { Nodes = 1, Build = BuildNumber.Parse(build), TargetBuild = new BuildNumber(2, 1, 1, 8310) }).WaitAsync(Limit);

    /// <summary>As <c>curl --cookie-jar</c>, with the node's certificate pinned.</summary>
    private static HttpClient Curl(SimulatedCluster cluster)
    {
        SimulatedNodeEndpoint node = cluster.Nodes[0];
        SocketsHttpHandler handler = new() { CookieContainer = new CookieContainer(), SslOptions = ServerTrust.Pinned(node.Fingerprint!).CreateSslOptions() };
        return new HttpClient(handler) { BaseAddress = node.Url, Timeout = Limit };
    }

    /// <summary>Fetches the token, sends it in the header from then on, and logs in. Answers the body of the login.</summary>
    private static async Task<string> LogInAsync(HttpClient curl, SimulatedCluster cluster, string header, string? password = null)
    {
        using HttpResponseMessage info = await curl.GetAsync("/web/api/get-auth-info");
        string cookie = info.Headers.GetValues("Set-Cookie").Single(value => value.Split('=')[0].Contains("XSRF-TOKEN", StringComparison.Ordinal));
        curl.DefaultRequestHeaders.Add(header, Uri.UnescapeDataString(cookie.Split('=', 2)[1].Split(';')[0]));
        using HttpResponseMessage login = await curl.PostAsJsonAsync(
            "/web/api/user-login",
            new
            {
                username = cluster.Options.UserName,
                password = password ?? cluster.Options.Password,
                newPassword = "",
                confirmPassword = "",
                useDomainCreds = false,
            });
        return await login.Content.ReadAsStringAsync();
    }

    private static MultipartFormDataContent Upload()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=mail.example.org", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        ByteArrayContent file = new(certificate.Export(X509ContentType.Pkcs12, "secret"));
        file.Headers.ContentType = new MediaTypeHeaderValue("application/x-pkcs12");

        // As curl writes it: .NET by itself leaves out the quotes here, adds filename*, and quotes the boundary.
        file.Headers.ContentDisposition = ContentDispositionHeaderValue.Parse("form-data; name=\"file\"; filename=\"mail.p12\"");
        MultipartFormDataContent form = new("curl-boundary") { file };
        form.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=curl-boundary");
        return form;
    }
}

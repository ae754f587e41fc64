using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>The simulator's web interface over real TLS, asked by a bare client that knows docs/wire.md only.</summary>
public sealed class SimulatorHttpsTests : IAsyncLifetime, IDisposable
{
    private static readonly SimulatedClusterOptions Options = new() { Speed = 40, PackageBytes = 200_000, Nodes = 3 };

    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));
    private SimulatedCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await SimulatedCluster.StartAsync(Options, cancellationToken: _guard.Token);

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    public void Dispose() => _guard.Dispose();

    [Fact]
    public async Task The_four_observed_calls_answer_as_observed()
    {
        using BareClient client = Connect("gw1");
        HttpResponseMessage info = await client.SendAsync(HttpMethod.Get, "get-auth-info");
        Assert.Contains(info.Headers.GetValues("Set-Cookie"), cookie => cookie.Contains("XSRF-TOKEN=", StringComparison.Ordinal));

        Assert.DoesNotContain("error", await client.LogInAsync(Options.Password), StringComparison.OrdinalIgnoreCase);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 own = new CertificateRequest("CN=mta", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90));
        using HttpContent file = BareClient.FileContent(own.Export(X509ContentType.Pkcs12, "secret"), "mta.p12", "application/x-pkcs12");
        string created = await client.TextAsync(HttpMethod.Post, "create-mta-cert-imported?password=secret", file);
        Assert.Equal(1, JsonDocument.Parse(created).RootElement.GetProperty("data").GetProperty("id").GetInt32());

        string activated = await client.TextAsync(HttpMethod.Post, "set-mta-cert-active-server", BareClient.Json("""{"id":1}"""));
        Assert.Contains("success", activated, StringComparison.Ordinal);
        Assert.DoesNotContain("error", activated, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("upload-update-package?uploadId=u-1&offset=99999999999999999999")]
    [InlineData("upload-update-package?uploadId=u-1&totalBytes=99999999999999999999")]
    public async Task A_number_that_no_node_could_hold_is_a_bad_request(string call)
    {
        using BareClient client = await LoggedInAsync("gw2");
        using MultipartFormDataContent content = BareClient.FileContent(new byte[100], "x.ktgz", "application/octet-stream");
        using HttpResponseMessage answer = await client.SendAsync(HttpMethod.Post, call, content);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("badRequest", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_login_is_told_in_the_body_of_a_good_status()
    {
        using BareClient client = Connect("gw1");
        await client.SendAsync(HttpMethod.Get, "get-auth-info");
        Assert.Contains("\"error\"", await client.LogInAsync("wrong"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_session_a_call_is_unauthorized()
    {
        using BareClient client = Connect("gw1");
        await client.SendAsync(HttpMethod.Get, "get-auth-info");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.SendAsync(HttpMethod.Get, "get-about")).StatusCode);
    }

    [Fact]
    public async Task Each_build_insists_on_its_own_header()
    {
        using (BareClient client = await LoggedInAsync("gw2"))
        {
            Assert.Equal(HttpStatusCode.OK, (await client.SendAsync(HttpMethod.Get, "get-about")).StatusCode);
            client.HeaderNames = ["KSMG-XSRF-TOKEN"];
            HttpResponseMessage refused = await client.SendAsync(HttpMethod.Get, "get-about");
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            Assert.Contains("xsrf", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        await UpgradeAsync("gw2");

        using (BareClient client = await LoggedInAsync("gw2"))
        {
            Assert.Equal("2.1.0.7854", (await client.DataAsync("get-about")).GetProperty("build").GetString());
            client.HeaderNames = ["X-XSRF-TOKEN"];
            Assert.Equal(HttpStatusCode.Forbidden, (await client.SendAsync(HttpMethod.Get, "get-about")).StatusCode);
        }
    }

    [Fact]
    public async Task A_restart_closes_the_port_and_ends_sessions()
    {
        using BareClient client = await LoggedInAsync("gw2");
        _cluster.Act("gw2", "power-off");
        HttpRequestException refused = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(HttpMethod.Get, "get-about"));
        Assert.Equal(HttpRequestError.ConnectionError, refused.HttpRequestError);

        _cluster.Act("gw2", "power-on");
        await Eventually.TrueAsync(
            async () => (await TryAsync(client, "get-auth-info"))?.StatusCode == HttpStatusCode.OK
                && (await TryAsync(client, "get-about"))?.Content.Headers.ContentType?.MediaType == "application/json");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.SendAsync(HttpMethod.Get, "get-about")).StatusCode);
    }

    [Fact]
    public async Task Every_read_answers_in_the_documented_envelope_without_the_word_error()
    {
        using BareClient client = await LoggedInAsync("gw1");
        foreach (string call in new[]
        {
            "get-cluster-nodes", "get-node-status", "get-current-user", "get-about", "get-message-queue-summary", "list-message-queue",
            "get-receive-send-settings", "list-update-packages", "get-update-status",
        })
        {
            string text = await client.TextAsync(HttpMethod.Get, call);
            Assert.True(JsonDocument.Parse(text).RootElement.TryGetProperty("data", out _), call);
            Assert.DoesNotContain("error", text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task An_upload_is_taken_byte_for_byte()
    {
        using BareClient client = await LoggedInAsync("gw2");
        byte[] bytes = RandomNumberGenerator.GetBytes(300_000);
        using HttpContent content = BareClient.FileContent(bytes, "ksmg_upgrade_2.0.1.6960_2.1.0.7854.ktgz", "application/octet-stream");
        JsonElement upload = JsonDocument.Parse(
            await client.TextAsync(HttpMethod.Post, "upload-update-package?uploadId=run-1", content)).RootElement.GetProperty("data");
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), upload.GetProperty("sha256").GetString());
        Assert.Equal(bytes.Length, upload.GetProperty("receivedBytes").GetInt64());
        Assert.True(upload.GetProperty("complete").GetBoolean());
    }

    [Theory]
    [InlineData("type")]
    [InlineData("field")]
    [InlineData("star")]
    [InlineData("boundary")]
    [InlineData("chunked")]
    public async Task An_upload_of_another_shape_is_refused(string wrong)
    {
        using BareClient client = await LoggedInAsync("gw2");
        using MultipartFormDataContent content = BareClient.FileContent(new byte[100], "x.ktgz", wrong == "type" ? "text/plain" : "application/octet-stream");
        HttpContent part = content.Single();
        switch (wrong)
        {
            case "field": part.Headers.ContentDisposition!.Name = "upload"; break;
            case "star": part.Headers.ContentDisposition!.FileNameStar = "x.ktgz"; break;
            case "boundary":
                content.Headers.ContentType!.Parameters.Single().Value =
                "\"" + content.Headers.ContentType.Parameters.Single().Value + "\""; break;
        }

        HttpResponseMessage answer = await client.SendAsync(HttpMethod.Post, "upload-update-package?uploadId=run-1", content, chunked: wrong == "chunked");
        Assert.Contains(answer.StatusCode, new[] { HttpStatusCode.BadRequest, HttpStatusCode.LengthRequired });
    }

    [Fact]
    public async Task A_full_disk_is_told_before_the_body_is_read()
    {
        using BareClient client = await LoggedInAsync("gw2");
        _cluster.Faults.Arm(new SimulatedFault { Fault = "disk-low", Node = "gw2" });
        var content = new CountingContent(8 << 20);
        HttpResponseMessage answer = await client.SendAsync(HttpMethod.Post, "upload-update-package?uploadId=run-1", content, expectContinue: true);
        Assert.Equal(HttpStatusCode.InsufficientStorage, answer.StatusCode);
        Assert.Equal(0, content.Sent);
    }

    [Fact]
    public async Task A_cut_upload_leaves_its_first_bytes()
    {
        _cluster.Faults.Arm(new SimulatedFault { Fault = "cut-upload", Fraction = 0.5 });
        using BareClient client = await LoggedInAsync("gw2");
        using HttpContent content = BareClient.FileContent(new byte[2_000_000], "x.ktgz", "application/octet-stream");
        await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(HttpMethod.Post, "upload-update-package?uploadId=run-1", content));
        JsonElement upload = (await client.DataAsync("list-update-packages")).GetProperty("packages")[0];
        Assert.Equal(
            (1_000_000, 2_000_000, false),
            (upload.GetProperty("receivedBytes").GetInt64(), upload.GetProperty("sizeBytes").GetInt64(), upload.GetProperty("complete").GetBoolean()));
    }

    [Theory]
    [InlineData("drop-request", true)]
    [InlineData("drop-response", false)]
    public async Task A_dropped_connection_is_told_from_its_effect_only(string fault, bool receiving)
    {
        using BareClient client = await LoggedInAsync("gw2");
        _cluster.Faults.Arm(new SimulatedFault { Fault = fault, Node = "gw2", Operation = "set-receiving" });
        await Assert.ThrowsAsync<HttpRequestException>(
            () => client.SendAsync(HttpMethod.Post, "set-receiving", BareClient.Json("""{"node":null,"enabled":false}""")));
        Assert.Equal(receiving, (await client.DataAsync("get-receive-send-settings")).GetProperty("receiving").GetBoolean());
    }

    [Theory]
    [InlineData("html-answer", "text/html")]
    [InlineData("hidden-error", "\"error\"")]
    [InlineData("truncated-answer", "broken")]
    [InlineData("redirect-loop", "302")]
    [InlineData("refuse", "500")]
    public async Task Hostile_answers_are_hostile(string fault, string expected)
    {
        using BareClient client = await LoggedInAsync("gw2");
        _cluster.Faults.Arm(new SimulatedFault { Fault = fault, Operation = "get-about" });
        string seen;
        try
        {
            HttpResponseMessage answer = await client.SendAsync(HttpMethod.Get, "get-about");
            seen = $"{(int)answer.StatusCode} {answer.Content.Headers.ContentType} {await answer.Content.ReadAsStringAsync()}";
        }
        catch (HttpRequestException)
        {
            seen = "broken";
        }

        Assert.Contains(expected, seen, StringComparison.Ordinal);
        await client.DataAsync("get-about");
    }

    [Fact]
    public async Task A_new_certificate_is_shown_after_an_update()
    {
        string before = _cluster.Nodes[1].Fingerprint!;
        using (BareClient client = await LoggedInAsync("gw2"))
        {
            Assert.Equal(before, client.SeenFingerprint);
        }

        _cluster.Faults.Arm(new SimulatedFault { Fault = "certificate-changes", Node = "gw2" });
        await UpgradeAsync("gw2");
        using (BareClient client = await LoggedInAsync("gw2"))
        {
            Assert.NotEqual(before, client.SeenFingerprint);
            Assert.Equal(_cluster.Nodes[1].Fingerprint, client.SeenFingerprint);
        }
    }

    [Fact]
    public void The_catalogue_of_the_wire_is_served_whole()
    {
        string wire = File.ReadAllText(Path.Combine(RepositoryRoot(), "docs", "wire.md"));
        string[] documented = [
            .. wire.Split('\n')
                .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
                .Select(line => line.Split('`'))
                .Where(cells => cells[3].Split(' ')[0] is "GET" or "POST")
                .Select(cells => cells[1])
                .Order(StringComparer.Ordinal)];
        Assert.Equal(documented, NodeFront.Operations.Order(StringComparer.Ordinal));
    }

    internal static string RepositoryRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Ksmg.Sdk.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("The repository root was not found.");
    }

    private BareClient Connect(string node) => new(_cluster.Nodes.Single(other => other.Name == node).Url, _guard.Token);

    private async Task<BareClient> LoggedInAsync(string node)
    {
        BareClient client = Connect(node);
        await client.SendAsync(HttpMethod.Get, "get-auth-info");
        Assert.DoesNotContain("\"error\"", await client.LogInAsync(Options.Password), StringComparison.Ordinal);
        return client;
    }

    private async Task UpgradeAsync(string node)
    {
        _cluster.Act(node, "upgrade");
        await Eventually.TrueAsync(() => _cluster.GetEffects().Any(effect => effect is { Effect: "restart-ended" } && effect.Node == node));
    }

    private static async Task<HttpResponseMessage?> TryAsync(BareClient client, string call)
    {
        try
        {
            return await client.SendAsync(HttpMethod.Get, call);
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>A body that knows how much of it was asked for.</summary>
    private sealed class CountingContent : HttpContent
    {
        private readonly int _size;

        public CountingContent(int size)
        {
            _size = size;
            Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");
        }

        public int Sent { get; private set; }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(new byte[_size]);
            Sent = _size;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _size;
            return true;
        }
    }

    /// <summary>HTTP with cookies and the XSRF header, nothing more.</summary>
    private sealed class BareClient : IDisposable
    {
        private readonly CookieContainer _cookies = new();
        private readonly HttpClient _http;
        private readonly Uri _url;
        private readonly CancellationToken _guard;

        public BareClient(Uri url, CancellationToken guard)
        {
            (_url, _guard) = (url, guard);
            _http = new HttpClient(new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                CookieContainer = _cookies,
                Expect100ContinueTimeout = TimeSpan.FromSeconds(30),
                SslOptions = new SslClientAuthenticationOptions
                {
                    RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                    {
                        SeenFingerprint = certificate is null ? null : Convert.ToHexStringLower(SHA256.HashData(certificate.GetRawCertData()));
                        return SeenFingerprint is not null;
                    },
                },
            });
        }

        public string? SeenFingerprint { get; private set; }

        public string[] HeaderNames { get; set; } = ["X-XSRF-TOKEN", "KSMG-XSRF-TOKEN"];

        public static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

        public static MultipartFormDataContent FileContent(byte[] bytes, string fileName, string partType)
        {
            var part = new ByteArrayContent(bytes);
            part.Headers.ContentType = new System.Net.Http.Headers.MediaTypeHeaderValue(partType);
            part.Headers.ContentDisposition = new System.Net.Http.Headers.ContentDispositionHeaderValue("form-data")
            {
                Name = "file",
                FileName = "\"" + fileName + "\"",
            };
            var content = new MultipartFormDataContent("boundary-1") { part };
            content.Headers.ContentType!.Parameters.Single().Value = "boundary-1";
            return content;
        }

        public async Task<HttpResponseMessage> SendAsync(
            HttpMethod method, string call, HttpContent? content = null, bool chunked = false, bool expectContinue = false)
        {
            using var request = new HttpRequestMessage(method, new Uri(_url, "/web/api/" + call)) { Content = content };
            request.Headers.TransferEncodingChunked = chunked ? true : null;
            request.Headers.ExpectContinue = expectContinue ? true : null;
            string? token = _cookies.GetCookies(_url).LastOrDefault(cookie => cookie.Name.Contains("XSRF-TOKEN", StringComparison.Ordinal))?.Value;
            foreach (string header in HeaderNames)
            {
                request.Headers.Add(header, token);
            }

            return await _http.SendAsync(request, _guard);
        }

        public async Task<string> TextAsync(HttpMethod method, string call, HttpContent? content = null) =>
            await (await SendAsync(method, call, content)).Content.ReadAsStringAsync(_guard);

        public async Task<JsonElement> DataAsync(string call) =>
            JsonDocument.Parse(await TextAsync(HttpMethod.Get, call)).RootElement.GetProperty("data");

        public Task<string> LogInAsync(string password) => TextAsync(HttpMethod.Post, "user-login", Json(
            $$"""{"username":"Administrator","password":"{{password}}","newPassword":"","confirmPassword":"","useDomainCreds":false}"""));

        public void Dispose() => _http.Dispose();
    }
}

using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ksmg.Sdk.Http;
using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests;

/// <summary>No text of a node carries a secret into a message, however it is written there; and a password that is a word blots out nothing.</summary>
public sealed class HttpSecretTests
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Passwords =>
    [
        "canary\"quote", "canary\\back", "can\\\\ary\\\"both", "canary<&>'+/", "Müller-канарейка", "canary😀end", "canary 100% of it", "{\"canary\"}",
        "ca%41nary", "\\canary\\", "can",
    ];

    [Theory]
    [MemberData(nameof(Passwords))]
    public async Task A_password_is_taken_out_however_it_is_written(string password)
    {
        string once = JsonSerializer.Serialize(password)[1..^1];
        string relaxed = JsonSerializer.Serialize(password, Relaxed)[1..^1];
        string[] forms =
        [
            password, once, once.ToLowerInvariant() is var lower && JsonDocument.Parse($"\"{lower}\"").RootElement.GetString() == password
                ? lower
                : once, relaxed,
            JsonSerializer.Serialize(once)[1..^1], JsonSerializer.Serialize(relaxed, Relaxed)[1..^1], relaxed.Replace("/", "\\/", StringComparison.Ordinal),
            Uri.EscapeDataString(password), WebUtility.UrlEncode(password), WebUtility.HtmlEncode(password),
            string.Concat(password.EnumerateRunes().SelectMany(r => r.ToString()).Select(c => $"\\u{(int)c:x4}")),
        ];
        foreach (string form in forms)
        {
            string text = SecretFilter.Redact($"the request was password={form} and then", [password]);
            Assert.True(text == "the request was password=*** and then", $"{form}: {text}");
        }

        FakeNode node = new() { Login = r => FakeNode.Json(200, $$$"""{"error":{"code":"x","message":{{{JsonSerializer.Serialize(r.Body)}}}}}""") };
        var e = await Assert.ThrowsAsync<KsmgAuthenticationException>(() => Connect(node, password).Updates.GetAboutAsync());
        Assert.All(
            new[] { e.Message, e.Body!, e.ToString() },
            said => Assert.All(forms.Where(f => f.Length > 3), form => Assert.DoesNotContain(form, said, StringComparison.Ordinal)));
    }

    [Fact]
    public void The_beginning_of_a_text_is_cut_at_a_whole_character_and_stands_on_one_line()
    {
        ClientSession session = new();
        string whole = new('x', 510);

        Assert.Equal(whole + "yz", session.Excerpt(whole + "yz"));
        Assert.Equal(whole + "yz…", session.Excerpt(whole + "yz."));
        Assert.Equal(whole + "y…", session.Excerpt(whole + "y😀"));
        Assert.Equal("one two", session.Excerpt("one\ntwo"));
    }

    [Fact]
    public void A_cookie_is_taken_out_unless_it_is_too_short_to_be_a_secret()
    {
        ClientSession session = new();
        using HttpResponseMessage response = new();
        response.Headers.Add("Set-Cookie", ["a=ca4y", "b=ca3"]);
        session.Absorb(new Uri("https://gw1.test/"), response, DateTimeOffset.UnixEpoch);

        Assert.Equal("a=*** b=ca3", session.Excerpt("a=ca4y b=ca3"));
    }

    [Theory]
    [InlineData("error")]
    [InlineData("password")]
    [InlineData("node")]
    [InlineData("Control")]
    [InlineData("user")]
    [InlineData("busy")]
    [InlineData("admin")]
    [InlineData("update")]
    public async Task A_password_that_is_a_word_blots_out_no_text(string password)
    {
        string message =
            $"error: the user name or the password is wrong; node Control is busy with an update, ask the admin or administrator. Last word: {password}";
        FakeNode node = new FakeNode().On(
            "start-update",
            _ => FakeNode.Json(
                409,
                $$$"""{"error":{"code":"busy","message":"{{{message}}}","request":{"password":"{{{password}}}"},"form":"password={{{password}}}&a=b"}}"""));

        var e = await Assert.ThrowsAsync<KsmgApiException>(() => Connect(node, password).Updates.StartInstallAsync("u-1"));

        Assert.Equal("busy", e.Code);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Contains("\"password\":\"***\"", e.Body, StringComparison.Ordinal);
        Assert.Contains("password=***&a=b", e.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("canary", "your password canary is wrong", "your password *** is wrong")]
    [InlineData("canary", "canaryseed and canary", "canaryseed and ***")]
    [InlineData("Tr1", "Tr1 and Tr12", "*** and Tr12")]
    [InlineData("Sommer2024", "xSommer2024x", "x***x")]
    public void A_word_is_taken_out_as_a_word(string password, string text, string expected) => Assert.Equal(expected, SecretFilter.Redact(text, [password]));

    [Fact]
    public void A_secret_in_base64_is_taken_out() =>
        Assert.Equal("Basic ***", SecretFilter.Redact("Basic " + Convert.ToBase64String("canary-1"u8).TrimEnd('='), ["canary-1"]));

    [Theory]
    [InlineData("canary-1", 300_000, "***")]
    [InlineData("\\canary", 300_000, "***")]
    [InlineData("canary-1", 3, "***")]
    public void A_run_of_backslashes_is_read_once(string password, int length, string expected) =>
        Assert.Equal(expected, SecretFilter.Redact(new string('\\', length) + password.TrimStart('\\'), [password]));

    [Fact]
    public void A_short_secret_behind_backslashes_stands_alone() => Assert.Equal("x\\***", SecretFilter.Redact("x\\\\\\Tr1", ["Tr1"]));

    [Fact]
    public async Task A_node_may_still_speak_of_the_last_password_when_the_next_login_begins()
    {
        FakeNode node = new FakeNode().On("get-about", """{"version":"2.1"}""");
        KsmgNode gw1 = node.Connect();
        await gw1.Updates.GetAboutAsync();
        node.ValidSession = null;
        node.On("get-auth-info", _ => FakeNode.Json(500, $"no login for {FakeNode.Password}"));

        var e = await Assert.ThrowsAnyAsync<KsmgApiException>(() => gw1.Updates.GetAboutAsync());

        Assert.Equal("no login for ***", e.Body);
    }

    [Fact]
    public async Task An_excerpt_ends_with_whole_characters()
    {
        FakeNode node = new FakeNode().On("get-about", _ => FakeNode.Json(500, new string('x', 511) + "😀😀"));

        var e = await Assert.ThrowsAsync<KsmgApiException>(() => node.Connect().Updates.GetAboutAsync());

        Assert.Equal(e.Body, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(e.Body!)));
    }

    private static KsmgNode Connect(FakeNode node, string password) =>
        node.Connect(configure: o => o.Credentials = new KsmgCredentials("Administrator", _ => ValueTask.FromResult(password)));
}

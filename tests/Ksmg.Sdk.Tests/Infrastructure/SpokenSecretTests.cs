using System.Text;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests;

/// <summary>A mail server that says back what it was told to log in: no message holds it, in whatever form.</summary>
public sealed class SpokenSecretTests : IDisposable
{
    private const string User = "probe@example.test";
    private const string Password = "pä55 w0rd&Canary";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-echo-");

    public static TheoryData<string> Echoes
    {
        get
        {
            byte[] password = Encoding.UTF8.GetBytes(Password);
            string payload = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{User}\0{Password}"));
            string latin1 = Encoding.Latin1.GetString(password);
            return
            [
                payload, payload[..^6], payload[20..], payload.Replace('+', '-').Replace('/', '_'), Convert.ToBase64String(password),
                Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}")), Convert.ToBase64String(Encoding.UTF8.GetBytes($"x{Password}yz")),
                latin1, $"\"{latin1}\"", latin1[..10], latin1.ToUpperInvariant(),
                Convert.ToHexString(password), Convert.ToHexStringLower(password), Uri.EscapeDataString(Password),
            ];
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Echoes))]
    public async Task A_relay_may_say_it_back(string echo)
    {
        using var certificate = TestServer.CreateCertificate();
        SpokenSecret secret = new($"\0{User}\0{Password}", Password);
        Assert.True(secret.IsIn($"5.7.8 bad: {echo}"), echo);

        await using ScriptedServer imap = new(
            "* OK ready\r\n", new ImapScript(c => c == "(secret)" ? $"% NO [AUTHENTICATIONFAILED] bad: {echo}\r\n" : null).Answer, certificate);
        string file = Path.Combine(_folder.FullName, "pw");
        File.WriteAllText(file, Password);
        SmtpImapMailProbe probe = new(
            new SmtpImapOptions
            {
                From =
                    User,
                To = User,
                Imap = imap.Address,
                ImapUserName = User,
                ImapPasswordFile = file,
                ImapFingerprint = ServerTrust.FingerprintOf(certificate),
            },
            MockCluster.Of(("gw1", "127.0.0.1:1", null)));
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => probe.FindAsync("<a@b>"));
        Assert.Contains("repeat the login", e.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(echo, e.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("5.7.8 Error: authentication failed: authentication failure")]
    [InlineData("2.1.5 Ok")]
    [InlineData("AUTHENTICATIONFAILED Authentication failed.")]
    [InlineData("")]
    public void Its_own_reason_is_told(string reason) => Assert.False(new SpokenSecret($"\0{User}\0{Password}", Password).IsIn(reason));

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("ab")]
    [InlineData("\ud800x")]
    public void Odd_passwords_are_no_error(string password) =>
        Assert.True(new SpokenSecret($"\0{User}\0{password}", password).IsIn($"no: {Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{User}\0{password}"))}"));
}

using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Tests;

public sealed class SshOptionsTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("gw1.example.org", "gw1.example.org", 22)]
    [InlineData("gw1:2222", "gw1", 2222)]
    [InlineData("10.0.0.1", "10.0.0.1", 22)]
    [InlineData("10.0.0.1:2222", "10.0.0.1", 2222)]
    [InlineData("::1", "::1", 22)]
    [InlineData("[::1]", "::1", 22)]
    [InlineData("[::1]:2222", "::1", 2222)]
    public void Hosts_are_read(string text, string host, int port) => Assert.Equal(new HostPort(host, port), SshConfigurationOptions.ParseHost(text));

    [Theory]
    [InlineData("")]
    [InlineData("-oProxyCommand=reboot")]
    [InlineData("gw1 gw2")]
    [InlineData("user@gw1")]
    [InlineData("gw1:0")]
    [InlineData("gw1:port")]
    [InlineData("[::1")]
    [InlineData("ssh://gw1")]
    public void Anything_else_is_no_host(string text) => Assert.Null(SshConfigurationOptions.ParseHost(text));

    [Theory]
    [InlineData("/etc/postfix/main.cf", "/etc/postfix/main.cf")]
    [InlineData("/etc/*/x?.[a-c]", "/etc/*/x?.[a-c]")]
    [InlineData("/etc/[!a]", "/etc/[!a]")]
    [InlineData(@"/etc/\*\[", "/etc/'*''['")]
    [InlineData("/etc/[open", "/etc/'['open")]
    [InlineData("/etc/]", "/etc/']'")]
    [InlineData("/etc/a b;$(c)`d`'e", @"/etc/a' 'b';''$''('c')''`'d'`'''\'''e")]
    public void Only_wildcards_mean_something_to_the_shell(string path, string word) => Assert.Equal(word, RemotePath.Word(path));

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("etc/passwd")]
    [InlineData("~/x")]
    [InlineData("/etc/x\\")]
    [InlineData("/etc/\0x")]
    public void Anything_else_is_no_path(string path) => Assert.Null(RemotePath.Word(path));

    [Fact]
    public void Every_mistake_is_told_at_once()
    {
        SshConfigurationOptions options = new()
        {
            User = "-oX",
            KeyFile = "/no/such/key",
            Paths = { "relative" },
            Hosts = { ["gw1"] = "a b" },
            Timeout = TimeSpan.Zero,
            PristineFolder = "pristine",
        };
        string failure = Assert.Throws<OptionsValidationException>(() => new SshConfigurationFiles(options)).Message;
        foreach (string part in new[]
        {
            "User '-oX'", "KeyFile '/no/such/key' does not exist", "KnownHostsFile '' names no file", "'relative' in Paths", "'a b' of node gw1", "Timeout",
            "PristineFolder",
        })
        {
            Assert.Contains(part, failure, StringComparison.Ordinal);
        }

        Assert.Contains(
            "Paths is empty",
            Assert.Throws<OptionsValidationException>(() => new SshConfigurationFiles(new SshConfigurationOptions())).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Configuration_brings_the_files_and_hosts_default_to_the_nodes_addresses()
    {
        using ServiceProvider provider = Services(new() { ["Hosts:gw1"] = "10.0.0.1:2222" });
        Assert.IsType<SshConfigurationFiles>(provider.GetRequiredKeyedService<IConfigurationFiles>("eu"));
        SshConfigurationOptions options = provider.GetRequiredService<IOptionsMonitor<SshConfigurationOptions>>().Get("eu");
        Assert.Equal([("gw1", "10.0.0.1:2222"), ("gw2", "gw2.example.org")], options.Hosts.Select(h => (h.Key, h.Value)));
        Assert.Equal(["/etc/postfix/main.cf"], options.Paths);
    }

    [Fact]
    public void A_host_of_no_node_is_a_mistake()
    {
        using ServiceProvider provider = Services(new() { ["Hosts:gw7"] = "10.0.0.7" });
        OptionsValidationException e = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredKeyedService<IConfigurationFiles>("eu"));
        Assert.Contains("a node that the cluster does not have", e.Message, StringComparison.Ordinal);
    }

    private ServiceProvider Services(Dictionary<string, string?> settings) => AdapterServices.Of(
        "Configuration",
        new Dictionary<string, string?>(settings)
        {
            ["User"] = "admin",
            ["KeyFile"] = _file,
            ["KnownHostsFile"] = _file,
            ["Paths:0"] = "/etc/postfix/main.cf",
        },
        (ksmg, section) => ksmg.UseSshConfiguration(section),
        cluster => cluster.Nodes.Add("gw2", new Uri("https://gw2.example.org"), ServerTrust.System));
}

namespace Ksmg.Sdk.Tests;

/// <summary>The adapters as <c>cluster.json</c> names them.</summary>
public sealed class CommandCliTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-kinds-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("LoadBalancer", """ "Kind": "Command", "Program": "bin/balancer" """, "LoadBalancer: Program 'bin/balancer' is a relative path")]
    [InlineData("Snapshots", """ "Kind": "command", "Timeout": "09:00:00" """, "Snapshots: Program is missing")]
    [InlineData("Snapshots", """ "Kind": "Libvirt", "Uri": "qemu:///system" """, "Snapshots: Domains is empty")]
    [InlineData("Configuration", """ "Kind": "Ssh", "User": "admin", "KeyFile": "no-key", "Paths": [ "/etc/postfix/main.cf" ] """, "no-key' does not exist")]
    [InlineData("MailProbe", """ "Kind": "Command" """, "MailProbe: Program is missing")]
    public async Task A_mistake_in_an_adapters_settings_is_told(string port, string settings, string says)
    {
        CliAnswer answer = await CliFixture.RunAsync("status", "nowhere", "-c", Write($$""" "{{port}}": { {{settings}} } """));
        Assert.Equal(64, answer.ExitCode);
        Assert.Contains(says, answer.Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Adapters_together_are_taken()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "key"), string.Empty);
        string cluster = Write("""
            "LoadBalancer": { "Kind": "Command", "Program": "balancer", "Arguments": [ "--site", "eu" ] },
            "Snapshots": { "Kind": "Libvirt", "Uri": "qemu:///system", "Domains": { "gw1": "ksmg-gw1" } },
            "Configuration": { "Kind": "Ssh", "User": "admin", "KeyFile": "key", "KnownHostsFile": "key", "Paths": [ "/etc/postfix/*.cf" ] },
            "MailProbe": { "Kind": "Command", "Program": "probe" }
            """);
        CliAnswer answer = await CliFixture.RunAsync("status", "nowhere", "-c", cluster, "--runs", Path.Combine(_folder.FullName, "runs"));
        Assert.Equal(64, answer.ExitCode);
        Assert.Contains("There is no run 'nowhere'", answer.Line, StringComparison.Ordinal);
    }

    private string Write(string ports)
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "pw"), "x");
        string path = Path.Combine(_folder.FullName, "cluster.json");
        File.WriteAllText(path, $$"""
            { "Ksmg": { "Nodes": [ { "Name": "gw1", "Address": "https://127.0.0.1:1" } ], "Credentials": { "UserName": "a", "PasswordFile": "pw" }, {{ports}} } }
            """);
        return path;
    }
}

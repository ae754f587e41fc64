using System.Diagnostics;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>The adapter against a real OpenSSH server, with what files and networks are really like.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SshConfigurationTests : IAsyncLifetime
{
    private SshServer? _server;
    private SshConfigurationFiles? _files;

    private SshServer Server => _server!;

    private SshConfigurationFiles Files => _files ??= Connect();

    public async Task InitializeAsync()
    {
        if (ServerFactAttribute.Find("sshd") is not null)
        {
            _server = await SshServer.StartAsync();
        }
    }

    public async Task DisposeAsync()
    {
        if (_files is not null)
        {
            await _files.DisposeAsync();
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [ServerFact("sshd", "ssh")]
    public async Task Files_are_listed_with_all_that_has_to_come_back()
    {
        byte[] binary = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        string path = Put("binary.cf", binary, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        File.CreateSymbolicLink(PathOf("link.cf"), "/etc/no such place\n");
        Directory.CreateDirectory(PathOf("folder.cf"));
        IReadOnlyList<ConfigurationFile> files = await Files.ListAsync("gw1");

        Assert.Equal([path, PathOf("link.cf")], files.Select(f => f.Path));
        Assert.Equal((256, "0640", Hash(binary), null), (files[0].SizeBytes, files[0].Mode, files[0].Sha256, files[0].LinkTarget));
        Assert.StartsWith(Environment.UserName + ":", files[0].Owner, StringComparison.Ordinal);
        Assert.Equal(("/etc/no such place\n", Hash("/etc/no such place\n"u8.ToArray())), (files[1].LinkTarget, files[1].Sha256));
        Assert.Equal(binary, (await Files.ReadAsync("GW1", path)).ToArray());
    }

    [ServerFact("sshd", "ssh")]
    public async Task Names_of_files_are_only_names()
    {
        string[] names = [
            "with space",
            "it's",
            "new\nline",
            "star*",
            "[x]",
            "-dash",
            "ünï",
            @"back\slash",
            "$(touch pwned)",
            "`touch pwned`",
            "; touch pwned",
            "\"quoted\"",
            "tab\t",
        ];
        Directory.CreateDirectory(PathOf("odd"));
        foreach (string name in names)
        {
            Put("odd/" + name, Encoding.UTF8.GetBytes(name));
        }

        await using SshConfigurationFiles files = Connect(o => o.Paths.Add(PathOf("odd/*")));
        IReadOnlyList<ConfigurationFile> listed = await files.ListAsync("gw1");
        Assert.Equal(names.Select(n => PathOf("odd/" + n)).Order(StringComparer.Ordinal), listed.Select(f => f.Path).Order(StringComparer.Ordinal));
        foreach (ConfigurationFile file in listed)
        {
            Assert.Equal(Path.GetFileName(file.Path), Encoding.UTF8.GetString((await files.ReadAsync("gw1", file.Path)).Span));
            await files.WriteAsync("gw1", file, "new"u8.ToArray());
            Assert.Equal("new", File.ReadAllText(file.Path));
        }

        Assert.Equal(names.Length, Directory.GetFiles(PathOf("odd")).Length);
    }

    [ServerFact("sshd", "ssh")]
    public async Task Wildcards_are_those_of_a_shell_and_a_backslash_makes_them_plain()
    {
        foreach (string name in new[] { "a1.conf", "a2.conf", "b1.conf", "star*", "starfish" })
        {
            Put(name, [1]);
        }

        await using SshConfigurationFiles files = Connect(o =>
        {
            o.Paths.Clear();
            o.Paths.Add(PathOf("a?.conf"));
            o.Paths.Add(PathOf("[ab]1.conf"));
            o.Paths.Add(PathOf(@"star\*"));
            o.Paths.Add(PathOf("not-there"));
            o.Paths.Add(PathOf("a1.conf/below-a-file"));
            o.Paths.Add(PathOf("*.nothing"));
        });
        Assert.Equal(["a1.conf", "a2.conf", "b1.conf", "star*"], (await files.ListAsync("gw1")).Select(f => Path.GetFileName(f.Path)));
    }

    [ServerFact("sshd", "ssh")]
    public async Task What_cannot_be_reached_is_an_error_and_not_absent()
    {
        Program("stat", "echo \"stat: cannot statx '$4': Permission denied\" >&2; exit 1");
        await FailsAsync(Files.ListAsync("gw1"), "Permission denied. User ");
        File.Delete(Path.Combine(Server.Programs, "stat"));
        Assert.Empty(await Files.ListAsync("gw1"));
    }

    [ServerFact("sshd", "ssh")]
    public async Task What_is_written_has_its_content_mode_and_owner()
    {
        string owner = Environment.IsPrivilegedProcess ? "daemon:daemon" : await OwnerAsync();
        byte[] content = RandomNumberGenerator.GetBytes(3_000_000);
        ConfigurationFile file = new() { Path = PathOf("new.cf"), Mode = "4750", Owner = owner, Sha256 = Hash(content) };
        await Files.WriteAsync("gw1", file, content);
        ConfigurationFile written = Assert.Single(await Files.ListAsync("gw1"));
        Assert.Equal(file with { SizeBytes = content.Length }, written);
        Assert.Equal(content, (await Files.ReadAsync("gw1", file.Path)).ToArray());

        await Files.WriteAsync("gw1", file with { Mode = "0600" }, ReadOnlyMemory<byte>.Empty);
        Assert.Equal((0L, "0600"), (new FileInfo(file.Path).Length, Assert.Single(await Files.ListAsync("gw1")).Mode));
        Assert.Equal(["new.cf"], Directory.GetFiles(Server.Files).Select(Path.GetFileName));
    }

    [ServerFact("sshd", "ssh")]
    public async Task A_link_is_written_as_a_link_and_never_followed()
    {
        string outside = Put("outside", "as it was"u8.ToArray());
        string link = PathOf("link.cf");
        File.CreateSymbolicLink(link, outside);
        ConfigurationFile file = new() { Path = link, Mode = "0644", Owner = await OwnerAsync(), Sha256 = Hash([]) };
        await FailsAsync(Files.ReadAsync("gw1", link), "it is a symbolic link");
        await FailsAsync(Files.WriteAsync("gw1", file, "new"u8.ToArray()), "it is a symbolic link");
        await Files.WriteAsync("gw1", file with { LinkTarget = "elsewhere" }, default);

        Assert.Equal("elsewhere", new FileInfo(link).LinkTarget);
        Assert.Equal("as it was", File.ReadAllText(outside));
    }

    [ServerFact("sshd", "ssh")]
    public async Task Content_that_does_not_arrive_whole_changes_nothing()
    {
        string path = Put("a.cf", "as it was"u8.ToArray());
        ConfigurationFile file = Assert.Single(await Files.ListAsync("gw1"));
        Program("cat", "exec head -c 3");
        await FailsAsync(Files.WriteAsync("gw1", file, "longer than that"u8.ToArray()), "did not arrive whole. The file is as it was");
        Assert.Equal("as it was", File.ReadAllText(path));
        Assert.Equal(["a.cf"], Directory.GetFileSystemEntries(Server.Files).Select(Path.GetFileName));
    }

    [ServerFact("sshd", "ssh")]
    public async Task What_is_not_as_expected_is_told()
    {
        ConfigurationFile file = new() { Path = PathOf("a.cf"), Mode = "0644", Owner = "no-such-user:nobody", Sha256 = Hash([]) };
        await FailsAsync(Files.ReadAsync("gw1", file.Path), "reading " + file.Path + " failed: there is no such file");
        await FailsAsync(Files.WriteAsync("gw1", file, default), "no-such-user");
        await FailsAsync(Files.WriteAsync("gw1", file with { Path = PathOf("no/folder/a.cf") }, default), "No such file or directory");
        await FailsAsync(Files.WriteAsync("gw1", file with { Path = Server.Files }, default), "it is a folder");
        Assert.Empty(Directory.GetFileSystemEntries(Server.Files));

        using (FileStream large = File.Create(PathOf("large.cf")))
        {
            large.SetLength(RemoteScript.MostBytes + 1);
        }

        await FailsAsync(Files.ListAsync("gw1"), "larger than 16777216 bytes, which no configuration file is. " + PathOf("large.cf"));
        await FailsAsync(Files.ReadAsync("gw1", PathOf("large.cf")), "larger than");
        File.Delete(PathOf("large.cf"));

        // .NET can neither make nor delete a file of such a name.
        await ShellAsync("touch \"$(printf '\\377.cf')\"");
        await FailsAsync(Files.ListAsync("gw1"), "a name that is no UTF-8");
        await ShellAsync("rm *.cf");
        Assert.Contains("known are gw1", (await Assert.ThrowsAsync<KsmgException>(() => Files.ListAsync("gw9"))).Message, StringComparison.Ordinal);
    }

    [ServerFact("sshd", "ssh")]
    public async Task Many_calls_share_one_login()
    {
        string path = Put("a.cf", [1]);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Files.ReadAsync("gw1", path)));
        await Files.ListAsync("gw1");
        await Files.WriteAsync("gw1", Assert.Single(await Files.ListAsync("gw1")), "x"u8.ToArray());
        Assert.Equal(1, Server.Logins);

        await Files.DisposeAsync();
        await using SshConfigurationFiles another = Connect();
        await another.ListAsync("gw1");
        Assert.Equal(2, Server.Logins);
    }

    [ServerFact("sshd", "ssh", "ssh-keygen")]
    public async Task A_changed_host_key_is_refused_loudly()
    {
        await using (SshConfigurationFiles before = Connect())
        {
            Assert.Empty(await before.ListAsync("gw1"));
        }

        await Server.ChangeHostKeyAsync();
        await FailsAsync(Files.ListAsync("gw1"), $"THE HOST KEY OF [127.0.0.1]:{Server.Port} HAS CHANGED: it is not the one in {Server.KnownHostsFile}");
        Assert.Equal(1, Server.Logins);
    }

    [ServerFact("sshd", "ssh")]
    public async Task An_unknown_host_is_refused_and_not_remembered()
    {
        File.WriteAllText(Server.KnownHostsFile, string.Empty);
        await FailsAsync(Files.ListAsync("gw1"), $"the host [127.0.0.1]:{Server.Port} is not in {Server.KnownHostsFile}");
        Assert.Equal((0, string.Empty), (Server.Logins, File.ReadAllText(Server.KnownHostsFile)));
    }

    [ServerFact("sshd", "ssh", "ssh-keygen")]
    public async Task A_key_that_the_node_refuses_or_that_others_can_read_is_told_without_being_shown()
    {
        string other = PathOf("other-key");
        await Server.MakeKeyAsync(other);
        string secret = File.ReadAllLines(other)[1];
        await using SshConfigurationFiles wrong = Connect(o => o.KeyFile = other);
        KsmgException e = await FailsAsync(wrong.ListAsync("gw1"), $"the node refuses user {Environment.UserName} with the key {other}");
        Assert.DoesNotContain(secret, e.ToString(), StringComparison.Ordinal);

        File.SetUnixFileMode(Server.KeyFile, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        await FailsAsync(Files.ListAsync("gw1"), $"others can read the key {Server.KeyFile}");
    }

    [ServerFact("sshd", "ssh")]
    public async Task A_server_that_is_gone_is_told_and_used_again_when_it_is_back()
    {
        Put("a.cf", [1]);
        Assert.Single(await Files.ListAsync("gw1"));
        await Server.StopAsync();
        await FailsAsync(Files.ListAsync("gw1"), "the connection could not be made or broke off");
        await Server.RestartAsync();
        Assert.Single(await Files.ListAsync("gw1"));
    }

    [ServerFact("sshd", "ssh")]
    public async Task A_server_that_goes_away_in_the_middle_is_told()
    {
        Put("a.cf", [1]);
        Program("sha256sum", $"touch '{Server.Programs}/started'; exec sleep 60");
        Task<IReadOnlyList<ConfigurationFile>> call = Files.ListAsync("gw1");
        await Eventually.TrueAsync(() => call.IsCompleted || File.Exists(Path.Combine(Server.Programs, "started")));
        await Server.StopAsync();
        await FailsAsync(call, "the connection could not be made or broke off");
    }

    [ServerFact("sshd", "ssh")]
    public async Task A_node_that_stands_still_costs_the_time_limit_and_no_more()
    {
        Put("a.cf", [1]);
        Program("sha256sum", "exec sleep 30");
        await using SshConfigurationFiles files = Connect(o => o.Timeout = TimeSpan.FromSeconds(10));
        KsmgException e = await FailsAsync(files.ListAsync("gw1"), "was not done within 10 s");
        Assert.IsType<TimeoutException>(e.InnerException!.InnerException);
        File.Delete(Path.Combine(Server.Programs, "sha256sum"));
        Assert.Single(await files.ListAsync("gw1"));
    }

    [ServerFact("sshd", "ssh")]
    public async Task Shipped_files_are_known_from_the_folder_or_from_packages_of_the_very_build()
    {
        BuildNumber from = BuildNumber.Parse("2.0.1.6960");
        BuildNumber to = BuildNumber.Parse("2.1.0.7854");
        string pristine = PathOf("pristine");
        Directory.CreateDirectory($"{pristine}/{from}/etc");
        File.WriteAllText($"{pristine}/{from}/etc/a.cf", "shipped");
        File.WriteAllText($"{pristine}/secret", "not shipped");
        await using SshConfigurationFiles files = Connect(o => o.PristineFolder = pristine);
        Assert.Equal(Hash("shipped"u8.ToArray()), await files.GetPristineSha256Async("gw1", "/etc/a.cf", from));
        Assert.Null(await files.GetPristineSha256Async("gw1", "/../secret", from));
        Assert.Null(await files.GetPristineSha256Async("gw1", "/etc/a.cf", to));

        string digest = Hash("packaged"u8.ToArray());
        Program("rpm", $"[ \"$1 $2\" = '-qf --qf' ] || exit 2; printf '2.1.0.7854.el8\\t/etc/b.cf\\t%064d\\n2.1.0.7854.el8\\t%s\\t{digest}\\n' 0 \"$4\"");
        Assert.Equal(digest, await files.GetPristineSha256Async("gw1", "/etc/a.cf", to));
        Assert.Null(await files.GetPristineSha256Async("gw1", "/etc/a.cf", BuildNumber.Parse("2.1.0.785")));
        Assert.Null(await files.GetPristineSha256Async("gw1", "/etc/it's\nodd", from));
        Program("rpm", "echo \"file $4 is not owned by any package\"; exit 1");
        Assert.Null(await files.GetPristineSha256Async("gw1", "/etc/a.cf", to));
        await using SshConfigurationFiles folderOnly = Connect(o => o.UsePackageDatabase = false);
        Assert.Null(await folderOnly.GetPristineSha256Async("gw9", "/etc/a.cf", to));
    }

    /// <summary>Exit code 0 proves nothing: what answers may be a menu.</summary>
    [ServerTheory("sshd", "ssh")]
    [InlineData("echo 'Gateway console: 1) Network 2) Support mode 0) Exit'", "Gateway console: 1) Network 2) Support mode 0) Exit", 0)]
    [InlineData("echo 'This service allows sftp connections only.'; exit 1", "This service allows sftp connections only.", 1)]
    [InlineData("echo \"Unmatched '''.\" >&2; exit 1", "Unmatched '''.", 1)]
    [InlineData("", "it printed no reason", 0)]
    public async Task A_login_that_runs_nothing_of_ours_is_never_taken_for_success(string login, string says, int exitCode)
    {
        string path = Put("a.cf", [1]);
        await Server.ForceAsync(login.Length == 0 ? "exit 0" : login);
        string told = $"no command of ours ran there (exit code {exitCode}); the login says: {says}";
        await FailsAsync(Files.ListAsync("gw1"), told);
        await FailsAsync(Files.ReadAsync("gw1", path), told);
        await FailsAsync(
            Files.WriteAsync("gw1", new ConfigurationFile { Path = path, Mode = "0644", Owner = "0:0", Sha256 = Hash([]) }, default), told);
        await FailsAsync(Files.GetPristineSha256Async("gw1", path, new BuildNumber(2, 0, 1, 6960)), told);
        SelfTestResult test = Assert.Single(await Files.TestAsync(["gw1"]));
        Assert.False(test.Works);
        Assert.Contains(says, test.Text, StringComparison.Ordinal);
    }

    [ServerFact("sshd", "ssh")]
    public async Task What_was_ended_half_way_is_not_called_refused()
    {
        string path = Put("a.cf", [1]);
        await Server.ForceAsync("sh -c \"$SSH_ORIGINAL_COMMAND\" | head -n 1; exit 137");
        ConfigurationFile file = new() { Path = path, Mode = "0644", Owner = "0:0", Sha256 = Hash([]) };
        await FailsAsync(Files.WriteAsync("gw1", file, default), "ended on the node before it was through (exit code 137). If something was being written");
    }

    [ServerFact("sshd", "ssh", "ssh-keygen")]
    public async Task A_revoked_host_key_is_nothing_to_add()
    {
        File.WriteAllText(Server.KnownHostsFile, "@revoked " + File.ReadAllText(Server.KnownHostsFile));
        KsmgException e = await FailsAsync(Files.ListAsync("gw1"), "SHOWS A REVOKED HOST KEY");
        Assert.DoesNotContain("ssh-keyscan", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, Server.Logins);
    }

    [ServerTheory("sshd", "ssh", "ssh-keygen")]
    [InlineData("passphrase", "it has a passphrase. Give the key to an agent")]
    [InlineData("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n", "it is a key of PuTTY")]
    [InlineData("public", "it is the public half")]
    [InlineData("no key at all\n", "it is no private key of OpenSSH")]
    [InlineData("", "it is no private key of OpenSSH")]
    public async Task A_key_that_cannot_be_read_is_no_matter_of_the_node(string kind, string says)
    {
        string path = PathOf("key");
        switch (kind)
        {
            case "passphrase":
                await Server.MakeKeyAsync(path, "a passphrase");
                break;
            case "public":
                Put("key", File.ReadAllBytes(Server.KeyFile + ".pub"));
                break;
            default:
                Put("key", Encoding.ASCII.GetBytes(kind));
                break;
        }

        await using SshConfigurationFiles files = Connect(o => o.KeyFile = path);
        KsmgException e = await FailsAsync(files.ListAsync("gw1"), $"the key {path} cannot be used here, unless an agent holds it: {says}");
        Assert.DoesNotContain("authorized_keys", e.Message, StringComparison.Ordinal);
    }

    [ServerFact("sshd", "ssh")]
    public async Task Of_a_long_complaint_the_end_is_told_too()
    {
        await Server.ForceAsync(
            "i=0; while [ $i -lt 900 ]; do i=$((i+1)); echo 'tput: No value for $TERM and no -T specified' >&2; done; echo 'Account locked' >&2; exit 1");
        await FailsAsync(Files.ListAsync("gw1"), "Account locked");
    }

    /// <summary>A path of a socket has room for about a hundred bytes.</summary>
    [ServerFact("sshd", "ssh")]
    public async Task A_long_folder_for_temporary_files_costs_neither_the_run_nor_the_shared_login()
    {
        string path = Put("a.cf", [1]);
        string folder = Directory.CreateDirectory(Path.Combine(Server.Files, new string('x', 60), new string('y', 60))).FullName;
        await using SshConfigurationFiles files = new(Options(), null, folder);
        Assert.Equal([1], (await files.ReadAsync("gw1", path)).ToArray());
        Assert.Equal([1], (await files.ReadAsync("gw1", path)).ToArray());
        Assert.Equal(1, Server.Logins);
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    [ServerFact("sshd", "ssh")]
    public async Task What_a_login_prints_before_is_no_part_of_a_file()
    {
        string path = Put("a.cf", [1, 0, 10]);
        await Server.ForceAsync("echo 'Authorized use only'; eval \"$SSH_ORIGINAL_COMMAND\"; s=$?; echo bye; exit $s");
        Assert.Equal([1, 0, 10], (await Files.ReadAsync("gw1", path)).ToArray());
        Assert.Equal([path], (await Files.ListAsync("gw1")).Select(file => file.Path));
    }

    [ServerFact("sshd", "ssh")]
    public async Task A_folder_stands_for_all_files_below_it()
    {
        Directory.CreateDirectory(PathOf("tree.cf/within/.hidden"));
        string[] files = [.. ((string[])["tree.cf/a b", "tree.cf/within/.b", "tree.cf/within/.hidden/c"]).Select(name => Put(name, [1]))];
        File.CreateSymbolicLink(PathOf("tree.cf/loop"), PathOf("tree.cf"));
        Directory.CreateDirectory(PathOf("empty.cf"));
        Assert.Equal(
            files.Append(PathOf("tree.cf/loop")).Order(StringComparer.Ordinal),
            (await Files.ListAsync("gw1")).Select(file => file.Path).Order(StringComparer.Ordinal));
    }

    [ServerFact("sshd", "ssh")]
    public async Task The_self_test_lists()
    {
        Assert.Equal(
            ("gw1", false, $"0 configuration files; nothing there matches {PathOf("*.cf")}, {PathOf("binary.cf")}"),
            Result(Assert.Single(await Files.TestAsync(["gw1"]))));
        Put("a.cf", [1]);
        Assert.Equal(
            ("gw1", false, $"1 configuration file; nothing there matches {PathOf("binary.cf")}"), Result(Assert.Single(await Files.TestAsync(["gw1"]))));
        Put("binary.cf", [1]);
        IReadOnlyList<SelfTestResult> results = await Files.TestAsync(["gw1", "gw9"]);
        Assert.Equal(("gw1", true, "2 configuration files"), Result(results[0]));
        Assert.False(results[1].Works);

        static (string, bool, string) Result(SelfTestResult result) => (result.Subject, result.Works, result.Text);
    }

    /// <summary>What is restored after the update is written by the same login: that it can is known before the installation.</summary>
    [ServerFact("sshd", "ssh", "setpriv")]
    public async Task A_login_that_can_only_read_fails_the_self_test()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            // Nobody else can become another user.
            return;
        }

        Put("a.cf", [1], (UnixFileMode)0b110_100_100);
        Put("binary.cf", [1], (UnixFileMode)0b110_100_100);
        foreach (string folder in new[] { Server.Files, Path.GetDirectoryName(Server.Files)! })
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        }

        await Server.ForceAsync("exec setpriv --reuid=nobody --regid=nogroup --clear-groups sh -c \"$SSH_ORIGINAL_COMMAND\"");
        SelfTestResult closed = Assert.Single(await Files.TestAsync(["gw1"]));
        Assert.Equal($"2 configuration files; user nobody may not replace files in {Server.Files}", closed.Text);
        Assert.StartsWith("Log in as a user that may", closed.Remedy, StringComparison.Ordinal);

        // Who may write beside them still cannot give them to their owner.
        File.SetUnixFileMode(Server.Files, (UnixFileMode)0b111_111_111);
        Assert.Equal("2 configuration files; user nobody may not give files to root", Assert.Single(await Files.TestAsync(["gw1"])).Text);

        await ShellAsync("chown nobody a.cf binary.cf");
        Assert.Equal(
            (true, "2 configuration files"), (Assert.Single(await Files.TestAsync(["gw1"])).Works, Assert.Single(await Files.TestAsync(["gw1"])).Text));
        Assert.Equal(2, Directory.GetFileSystemEntries(Server.Files).Length);
    }

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static async Task<KsmgException> FailsAsync(Task call, string text)
    {
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => call.WaitAsync(Eventually.Limit));
        Assert.Equal("gw1", e.Node);
        Assert.StartsWith($"gw1 ({Environment.UserName}@127.0.0.1:", e.Message, StringComparison.Ordinal);
        Assert.Contains(text, e.Message, StringComparison.Ordinal);
        return e;
    }

    private string PathOf(string name) => Path.Combine(Server.Files, name);

    private string Put(string name, byte[] content, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        File.WriteAllBytes(PathOf(name), content);
        File.SetUnixFileMode(PathOf(name), mode);
        return PathOf(name);
    }

    /// <summary>A program that the server's shell finds before the system's.</summary>
    private void Program(string name, string script) => ProgramFile.Write(Path.Combine(Server.Programs, name), "#!/bin/sh\n" + script + "\n");

    private async Task ShellAsync(string command)
    {
        using Process process = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { WorkingDirectory = Server.Files })!;
        await process.WaitForExitAsync().WaitAsync(Eventually.Limit);
        Assert.Equal(0, process.ExitCode);
    }

    private async Task<string> OwnerAsync()
    {
        string path = Put("own.cf", [1]);
        string owner = (await Files.ListAsync("gw1")).Single(f => f.Path == path).Owner;
        File.Delete(path);
        return owner;
    }

    private SshConfigurationFiles Connect(Action<SshConfigurationOptions>? change = null)
    {
        SshConfigurationOptions options = Options();
        change?.Invoke(options);
        return new SshConfigurationFiles(options);
    }

    private SshConfigurationOptions Options() => new()
    {
        User = Environment.UserName,
        KeyFile = Server.KeyFile,
        KnownHostsFile = Server.KnownHostsFile,
        Paths = { PathOf("*.cf"), PathOf("binary.cf") },
        Hosts = { ["gw1"] = Server.Address },
        Timeout = TimeSpan.FromSeconds(20),
    };
}

using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>
/// A libvirt daemon of a user's session with QEMU machines, on sockets and folders of its own. It runs unprivileged, also where the tests
/// do not.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class LibvirtHost : IAsyncDisposable
{
    private const string User = "nobody";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-libvirt-");
    private Process? _daemon;

    private LibvirtHost()
    {
    }

    /// <summary>The connection for <c>virsh -c</c>.</summary>
    public string Uri => $"qemu+unix:///session?socket={Path.Combine(_folder.FullName, "run/libvirt/libvirt-sock")}";

    /// <summary>A folder for what a test needs beside it.</summary>
    public string Folder => _folder.FullName;

    public static async Task<LibvirtHost> StartAsync()
    {
        LibvirtHost host = new();
        try
        {
            foreach (string folder in new[] { "run", "config/libvirt", "cache", "data", "disks" })
            {
                host._folder.CreateSubdirectory(folder);
            }

            File.WriteAllText(host.PathOf("config/libvirt/qemu.conf"), "stdio_handler = \"file\"\nsecurity_driver = \"none\"\n");
            File.WriteAllText(host.PathOf("libvirtd.conf"), "listen_tls = 0\n");
            if (Environment.IsPrivilegedProcess)
            {
                await RunAsync("chown", "-R", User, host.Folder);
            }

            await host.RestartAsync();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the daemon, again after <see cref="KillAsync"/>.</summary>
    public async Task RestartAsync()
    {
        string[] words =
        [
            .. Environment.IsPrivilegedProcess ? new[] { "setpriv", $"--reuid={User}", "--regid=nogroup", "--clear-groups" } : [],
            ServerFactAttribute.Find("libvirtd")!, "-f", PathOf("libvirtd.conf"), "-p", PathOf("pid"),
        ];

        // Through a shell that becomes it: output to a file, and the process that is ended is the daemon.
        ProcessStartInfo start = new("sh", ["-c", "out=$0; exec \"$@\" >\"$out\" 2>&1 </dev/null", PathOf("log"), .. words]);
        foreach ((string variable, string folder) in new[]
        {
            ("HOME", ""), ("XDG_RUNTIME_DIR", "run"), ("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache"), ("XDG_DATA_HOME", "data"),
        })
        {
            start.Environment[variable] = PathOf(folder);
        }

        _daemon = Process.Start(start)!;
        using CancellationTokenSource limit = new(Eventually.Limit);
        while (await TryAsync("virsh", "-c", Uri, "list") != 0)
        {
            if (_daemon.HasExited)
            {
                throw new InvalidOperationException("libvirtd ended: " + File.ReadAllText(PathOf("log")));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
        }
    }

    /// <summary>The daemon stands still: connections are neither answered nor refused.</summary>
    public Task FreezeAsync() => RunAsync("kill", "-STOP", _daemon!.Id.ToString(CultureInfo.InvariantCulture));

    /// <summary>The daemon dies; machines run on.</summary>
    public async Task KillAsync()
    {
        if (_daemon is not null)
        {
            _daemon.Kill();
            await _daemon.WaitForExitAsync().WaitAsync(Eventually.Limit);
            _daemon.Dispose();
            _daemon = null;
        }
    }

    /// <summary>Makes a machine with one small disk, and answers its UUID.</summary>
    public async Task<Guid> DefineAsync(string name, string format = "qcow2", string firmware = "")
    {
        string disk = DiskOf(name);
        Guid id = Guid.NewGuid();
        File.Delete(disk);
        await RunAsync("qemu-img", "create", "-q", "-f", format, disk, "16M");
        File.SetUnixFileMode(disk, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite);
        File.WriteAllText(PathOf("machine.xml"), $"""
            <domain type='qemu'>
              <name>{name}</name><uuid>{id}</uuid><memory unit='MiB'>16</memory><vcpu>1</vcpu>
              <os><type arch='x86_64' machine='pc'>hvm</type>{firmware}</os><features><acpi/></features>
              <devices>
                <emulator>{ServerFactAttribute.Find("qemu-system-x86_64")}</emulator>
                <disk type='file' device='disk'><driver name='qemu' type='{format}'/><source file='{disk}'/><target dev='vda' bus='virtio'/></disk>
              </devices>
            </domain>
            """);
        await VirshAsync("define", PathOf("machine.xml"));
        return id;
    }

    /// <summary>The first bytes of the disk of a machine that is switched off.</summary>
    public async Task<byte[]> ReadDiskAsync(string name)
    {
        string raw = PathOf("disks/raw");
        await RunAsync("qemu-img", "convert", "-O", "raw", DiskOf(name), raw);
        byte[] bytes = await File.ReadAllBytesAsync(raw);
        return bytes[..4];
    }

    /// <summary>Writes to the disk of a machine that is switched off.</summary>
    public Task WriteDiskAsync(string name, byte value) =>
        RunAsync("qemu-io", "-c", string.Create(CultureInfo.InvariantCulture, $"write -P {value} 0 64k"), DiskOf(name));

    /// <summary>What an administrator does by hand.</summary>
    public Task<string> VirshAsync(params string[] words) => RunAsync("virsh", ["-c", Uri, "-q", .. words]);

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        foreach (string file in Directory.GetFiles(PathOf("run"), "*.pid", SearchOption.AllDirectories))
        {
            // Machines outlive the daemon. Only one that was started from here is ended: a number may be somebody else's by now.
            string id = File.ReadAllText(file).Trim();
            string command = $"/proc/{id}/cmdline";
            if (File.Exists(command) && File.ReadAllText(command).Contains(Folder, StringComparison.Ordinal))
            {
                await TryAsync("kill", "-KILL", id);
            }
        }

        _folder.Delete(recursive: true);
    }

    private static async Task<int> TryAsync(string program, params string[] words)
    {
        using Process process = Process.Start(new ProcessStartInfo("sh", ["-c", "exec \"$0\" \"$@\" >/dev/null 2>&1 </dev/null", program, .. words]))!;
        await process.WaitForExitAsync().WaitAsync(Eventually.Limit);
        return process.ExitCode;
    }

    private static async Task<string> RunAsync(string program, params string[] words)
    {
        using Process process =
            Process.Start(new ProcessStartInfo(program, words) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync().WaitAsync(Eventually.Limit);
        await process.WaitForExitAsync().WaitAsync(Eventually.Limit);
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', words)}: {await errors}");
    }

    private string DiskOf(string name) => PathOf($"disks/{name}");

    private string PathOf(string name) => Path.Combine(Folder, name);
}

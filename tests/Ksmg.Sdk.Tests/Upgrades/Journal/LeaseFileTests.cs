using System.Diagnostics;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>By what a process is known that holds a lease: whoever takes a run from one that lives would drive it twice.</summary>
public sealed class LeaseFileTests
{
    private static readonly StoredLease Lease = new()
    {
        Epoch = 3,
        Owner = Guid.NewGuid(),
        Since = DateTimeOffset.UnixEpoch,
        BeatAt = DateTimeOffset.UnixEpoch.AddSeconds(1),
        Beat = 7,
    };

    [Fact]
    public void A_lease_names_this_process_as_the_system_knows_it()
    {
        LeaseFile file = LeaseFile.Create(Lease);
        Assert.Equal((Environment.ProcessId, Environment.MachineName, false), (file.Pid, file.Host, file.Released));
        if (OperatingSystem.IsLinux())
        {
            Assert.Equal(File.ReadAllText("/proc/sys/kernel/random/boot_id").TrimEnd(), file.BootId);
            Assert.Equal(new FileInfo("/proc/self/ns/pid").LinkTarget, file.PidNamespace);
            Assert.Matches("^pid:", file.PidNamespace);
            Assert.Equal(File.ReadAllText("/proc/self/stat").Split(") ")[^1].Split(' ')[19], file.ProcessStart);
        }

        Assert.NotEmpty(file.ProcessStart);
        Assert.Equal(file, LeaseJson.Read(LeaseJson.ToBytes(file)));
        StoredLease stored = file.ToStored();
        Assert.Equal(Lease with { Holder = stored.Holder, HowToFree = stored.HowToFree }, stored);
        Assert.Equal(Words.Get("journal.holder", Environment.ProcessId, Environment.MachineName, Lease.Since), stored.Holder);
        Assert.Equal(Words.Get("journal.how-to-free", Environment.ProcessId), stored.HowToFree);
    }

    [Fact]
    public void A_lease_is_abandoned_when_its_process_is_gone_for_sure()
    {
        LeaseFile file = LeaseFile.Create(Lease) with { ProcessStart = "another" };
        Assert.True(file.ToStored().IsAbandoned);
        Assert.False((file with { Released = true }).ToStored().IsAbandoned);
        Assert.False((file with { BootId = "another" }).ToStored().IsAbandoned);
        Assert.False((file with { PidNamespace = "another" }).ToStored().IsAbandoned);
        Assert.True((file with { Pid = int.MaxValue }).ToStored().IsAbandoned);
        Assert.False(LeaseFile.Create(Lease).ToStored().IsAbandoned);
    }

    /// <summary>A program may be called whatever it likes, and one that was killed stays in the list until its parent has looked.</summary>
    [Fact]
    public async Task A_process_is_known_whatever_it_is_called_until_it_is_killed()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        DirectoryInfo folder = Directory.CreateTempSubdirectory("ksmg-named-");
        string program = Path.Combine(folder.FullName, "a) Z 1 (b");
        File.CreateSymbolicLink(program, "/bin/sleep");
        using Process parent = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", "\"$0\" 60 & echo $!; exec sleep 60", program]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        try
        {
            int pid = int.Parse((await parent.StandardOutput.ReadLineAsync().WaitAsync(Eventually.Limit))!, System.Globalization.CultureInfo.InvariantCulture);
            await Eventually.TrueAsync(() => File.ReadAllText($"/proc/{pid}/comm").StartsWith("a)", StringComparison.Ordinal), "it has its name");

            // The shell would look after its child; what it turns into never does.
            await Eventually.TrueAsync(() => File.ReadAllText($"/proc/{parent.Id}/comm") == "sleep\n", "its parent is a shell no more");
            string start = Sdk.Upgrades.Processes.StartOf(pid)!;
            Assert.Equal(File.ReadAllText($"/proc/{pid}/stat").Split("b) ")[1].Split(' ')[19], start);
            Assert.False(Sdk.Upgrades.Processes.IsGone(pid, start));
            Assert.True(Sdk.Upgrades.Processes.IsGone(pid, start + "0"));

            using (Process child = Process.GetProcessById(pid))
            {
                child.Kill();
            }

            await Eventually.TrueAsync(() => Sdk.Upgrades.Processes.IsGone(pid, start), "it is gone");
            Assert.StartsWith("Z", File.ReadAllText($"/proc/{pid}/stat").Split("b) ")[1], StringComparison.Ordinal);
        }
        finally
        {
            parent.Kill(entireProcessTree: true);
            await parent.WaitForExitAsync().WaitAsync(Eventually.Limit);
            folder.Delete(recursive: true);
        }
    }
}

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A Postfix of its own on loopback, with its own configuration, queue and data.</summary>
internal sealed class PostfixServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly ServerProcess _process;

    private PostfixServer(DirectoryInfo folder, ServerProcess process, int port, int tlsPort, string hostName) =>
        (_folder, _process, Port, TlsAddress, HostName) = (folder, process, port, $"127.0.0.1:{tlsPort}", hostName);

    public int Port { get; }

    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Where it is spoken to in TLS from the first byte.</summary>
    public string TlsAddress { get; }

    public string HostName { get; }

    /// <summary>What <c>postfix -c</c>, <c>postqueue -c</c> and their like want.</summary>
    public string ConfigurationFolder => Path.Combine(_folder.FullName, "etc");

    /// <param name="hostName">What it calls itself.</param>
    /// <param name="mainCf">Further lines for <c>main.cf</c>; they win.</param>
    public static async Task<PostfixServer> StartAsync(string hostName, params IEnumerable<string> mainCf)
    {
        DirectoryInfo folder = ServerProcess.CreateFolder("postfix");
        string root = folder.FullName;
        string etc = folder.CreateSubdirectory("etc").FullName;
        folder.CreateSubdirectory("spool");
        await ServerProcess.RunAsync("chown", "postfix", folder.CreateSubdirectory("data").FullName);
        int port = ServerProcess.FreePort();
        int tlsPort = ServerProcess.FreePort();
        File.WriteAllText(Path.Combine(etc, "main.cf"), $"""
            compatibility_level = 3.6
            queue_directory = {root}/spool
            data_directory = {root}/data
            maillog_file = {root}/log
            maillog_file_prefixes = {root}
            myhostname = {hostName}
            myorigin = $myhostname
            mydestination =
            mynetworks = 127.0.0.0/8
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            alias_maps =
            smtpd_relay_restrictions = permit_mynetworks, reject
            smtputf8_enable = no
            {string.Join('\n', mainCf)}

            """);
        File.WriteAllText(Path.Combine(etc, "master.cf"), $"""
            127.0.0.1:{port} inet n - n - - smtpd
            127.0.0.1:{tlsPort} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
            pickup unix n - n 60 1 pickup
            cleanup unix n - n - 0 cleanup
            qmgr unix n - n 300 1 qmgr
            tlsmgr unix - - n 1000? 1 tlsmgr
            rewrite unix - - n - - trivial-rewrite
            bounce unix - - n - 0 bounce
            defer unix - - n - 0 bounce
            trace unix - - n - 0 bounce
            verify unix - - n - 1 verify
            flush unix n - n 1000? 0 flush
            proxymap unix - - n - - proxymap
            smtp unix - - n - - smtp
            relay unix - - n - - smtp
            showq unix n - n - - showq
            error unix - - n - - error
            retry unix - - n - - error
            discard unix - - n - - discard
            virtual unix - n n - - virtual
            lmtp unix - - n - - lmtp
            anvil unix - - n - 1 anvil
            scache unix - - n - 1 scache
            postlog unix-dgram n - n - 1 postlogd

            """);
        ServerProcess process = await ServerProcess.StartAsync(port, Path.Combine(root, "log"), greets: true, "postfix", "-c", etc, "start-fg");
        return new PostfixServer(folder, process, port, tlsPort, hostName);
    }

    /// <summary>Changes a setting and takes it into use.</summary>
    public async Task SetAsync(string setting)
    {
        await ServerProcess.RunAsync("postconf", "-c", ConfigurationFolder, "-e", setting);
        await ServerProcess.RunAsync("postfix", "-c", ConfigurationFolder, "reload");
    }

    /// <summary>What the server has logged so far.</summary>
    public Task<string> LogAsync() => File.ReadAllTextAsync(Path.Combine(_folder.FullName, "log"));

    /// <summary>Ends the server; its queue stays until the disposal.</summary>
    public Task StopAsync() => _process.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Delete(recursive: true);
    }
}

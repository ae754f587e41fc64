using System.Globalization;
using System.Text;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Simulator;

/// <summary>The commands of HAProxy's runtime API that people and adapters use here, with HAProxy 2.6's own words and columns.</summary>
internal sealed class BalancerRuntime(
    SimulatedBalancer balancer, IReadOnlyList<BalancerServer> servers, Lock gate, DateTimeOffset now, DateTimeOffset startedAt)
{
    private const int BackendId = 3;

    private const string StateHeader =
        "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port";

    private const string StatHeader =
        "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,check_status,check_code,check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,req_rate,req_rate_max,req_tot,cli_abrt,srv_abrt,comp_in,comp_out,comp_byp,comp_rsp,lastsess,last_chk,last_agt,qtime,ctime,rtime,ttime,agent_status,agent_code,agent_duration,check_desc,agent_desc,check_rise,check_fall,check_health,agent_rise,agent_fall,agent_health,addr,cookie,mode,algo,conn_rate,conn_rate_max,conn_tot,intercepted,dcon,dses,wrew,connect,reuse,cache_lookups,cache_hits,srv_icur,src_ilim,qtime_max,ctime_max,rtime_max,ttime_max,eint,idle_conn_cur,safe_conn_cur,used_conn_cur,need_conn_est,uweight,agg_server_status,agg_server_check_status,agg_check_status,-,ssl_sess,ssl_reused_sess,ssl_failed_handshake,h2_headers_rcvd,h2_data_rcvd,h2_settings_rcvd,h2_rst_stream_rcvd,h2_goaway_rcvd,h2_detected_conn_protocol_errors,h2_detected_strm_protocol_errors,h2_rst_stream_resp,h2_goaway_resp,h2_open_connections,h2_backend_open_streams,h2_total_connections,h2_backend_total_streams,h1_open_connections,h1_open_streams,h1_total_connections,h1_total_streams,h1_bytes_in,h1_bytes_out,h1_spliced_bytes_in,h1_spliced_bytes_out,";

    private static readonly string[] _statColumns = StatHeader[2..].Split(',');

    /// <summary>The whole line: commands separated by semicolons, each answer closed by an empty line.</summary>
    public string Execute(string line)
    {
        StringBuilder answer = new();
        foreach (string command in line.Trim('\r', ' ').Split(';'))
        {
            string[] words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is ["quit"])
            {
                break;
            }

            answer.Append(One(words)).Append('\n');
        }

        return answer.ToString();
    }

    private string One(string[] words) => words switch
    {
        ["show", "servers", "state"] or ["show", "servers", "state", SimulatedBalancer.Backend] => ServersState(),
        ["show", "servers", "state", _] => "Can't find backend.\n",
        ["show", "cli", "level"] => "admin\n",
        ["show", "stat"] => Stat(all: true),
        ["show", "stat", SimulatedBalancer.Backend, "4", "-1"] => Stat(all: false),
        ["show", "sess"] => Sessions(),
        ["show", "info"] => Info(),
        ["set", "server", var path, .. var rest] => OnServer(path, server => SetServer(server, rest)),
        ["shutdown", "sessions", "server", var path] => OnServer(path, server =>
        {
            balancer.CloseSessions(server.Name);
            return string.Empty;
        }),
        _ => "Unknown command. Please enter one of the following commands only:\n"
            + "  set server <bk>/<srv> [opts]            : change a server's state, weight, address or ssl\n"
            + "  show cli level                          : display the level of the current CLI session\n"
            + "  show info [desc|json|typed|float]*      : report information about the running process\n"
            + "  show servers state [<backend>]          : dump volatile server information (all or for a single backend)\n"
            + "  show sess [id]                          : report the list of current sessions or dump this exact session\n"
            + "  show stat [desc|json|no-maint|typed|up]*: report counters for each proxy and server\n"
            + "  shutdown sessions server <bk>/<srv>     : kill sessions on a server\n"
            + "  quit                                    : disconnect\n",
    };

    private string OnServer(string path, Func<BalancerServer, string> action)
    {
        string[] parts = path.Split('/');
        if (parts.Length != 2)
        {
            return "Require 'backend/server'.\n";
        }

        if (parts[0] != SimulatedBalancer.Backend)
        {
            return "No such backend.\n";
        }

        return servers.FirstOrDefault(s => s.Name == parts[1]) is { } server ? action(server) : "No such server.\n";
    }

    private string SetServer(BalancerServer server, string[] rest)
    {
        if (rest is not ["state", ..])
        {
            return "usage: set server <backend>/<server> addr | agent | agent-addr | agent-port | agent-send | check-addr | check-port | fqdn | health | ssl | state | weight\n";
        }

        LoadMode? mode = rest.ElementAtOrDefault(1) switch
        {
            "ready" => LoadMode.Ready,
            "drain" => LoadMode.Drain,
            "maint" => LoadMode.Maintenance,
            _ => null,
        };
        if (mode is null)
        {
            return "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n";
        }

        balancer.SetByClient(server.Name, mode.Value);
        return string.Empty;
    }

    private string ServersState()
    {
        StringBuilder text = new StringBuilder("1\n").Append(StateHeader).Append('\n');
        lock (gate)
        {
            foreach (BalancerServer s in servers)
            {
                // Operational state 0 stopped, 2 running; administrative state 1 forced maintenance, 8 forced drain.
                bool maintenance = s.ShownMode == LoadMode.Maintenance;
                int operational = s.IsUp && !maintenance ? 2 : 0;
                int administrative = maintenance ? 1 : s.ShownMode == LoadMode.Drain ? 8 : 0;
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"{BackendId} {SimulatedBalancer.Backend} {s.Id} {s.Name} 127.0.0.1 {operational} {administrative} 1 1 {Seconds(s.ChangedAt)} {(s.IsUp ? 6 : 8)} {(s.IsUp ? 3 : 2)} {s.Health} {(maintenance ? 14 : 6)} 0 0 0 - {Port(s)} - 0 0 - - 0\n");
            }
        }

        return text.ToString();
    }

    private string Stat(bool all)
    {
        StringBuilder text = new StringBuilder(StatHeader).Append('\n');
        lock (gate)
        {
            int current = servers.Sum(s => s.Sessions.Count);
            long total = servers.Sum(s => s.SessionsTotal);
            if (all)
            {
                Row(
                    text,
                    new()
                    {
                        ["pxname"] = "mail",
                        ["svname"] = "FRONTEND",
                        ["scur"] = Text(current),
                        ["stot"] = Text(total),
                        ["status"] = "OPEN",
                        ["iid"] = "2",
                        ["sid"] = "0",
                        ["type"] = "0",
                        ["mode"] = "tcp",
                    });
            }

            foreach (BalancerServer s in servers)
            {
                bool maintenance = s.ShownMode == LoadMode.Maintenance;
                string status = (s.ShownMode, s.IsUp) switch
                {
                    (LoadMode.Maintenance, _) => "MAINT",
                    (_, false) => s.Health == 0 ? "DOWN" : string.Create(CultureInfo.InvariantCulture, $"DOWN {s.Health}/{BalancerServer.Rise}"),
                    (LoadMode.Drain, _) => "DRAIN" + Falling(s),
                    _ => "UP" + Falling(s),
                };
                Row(text, new()
                {
                    ["pxname"] = SimulatedBalancer.Backend,
                    ["svname"] = s.Name,
                    ["qcur"] = "0",
                    ["qmax"] = "0",
                    ["scur"] = Text(s.Sessions.Count),
                    ["smax"] = Text(s.SessionsMax),
                    ["stot"] = Text(s.SessionsTotal),
                    ["bin"] = Text(s.BytesIn),
                    ["bout"] = Text(s.BytesOut),
                    ["status"] = status,
                    ["weight"] = "1",
                    ["act"] = "1",
                    ["bck"] = "0",
                    ["lastchg"] = Text(Seconds(s.ChangedAt)),
                    ["pid"] = "1",
                    ["iid"] = Text(BackendId),
                    ["sid"] = Text(s.Id),
                    ["lbtot"] = Text(s.SessionsTotal),
                    ["type"] = "2",
                    ["check_status"] = maintenance ? string.Empty : s.IsUp ? "L7OK" : "L4CON",
                    ["last_chk"] = maintenance || s.IsUp ? string.Empty : "Connection refused",
                    ["check_desc"] = maintenance ? string.Empty : s.IsUp ? "Layer7 check passed" : "Layer4 connection problem",
                    ["check_rise"] = maintenance ? string.Empty : Text(BalancerServer.Rise),
                    ["check_fall"] = maintenance ? string.Empty : Text(BalancerServer.Fall),
                    ["check_health"] = maintenance ? string.Empty : Text(s.Health),
                    ["addr"] = "127.0.0.1:" + Text(Port(s)),
                    ["mode"] = "tcp",
                    ["uweight"] = "1",
                    ["-"] = "-",
                });
            }

            if (all)
            {
                int up = servers.Count(s => s.IsUp && s.ShownMode == LoadMode.Ready);
                Row(
                    text,
                    new()
                    {
                        ["pxname"] = SimulatedBalancer.Backend,
                        ["svname"] = "BACKEND",
                        ["scur"] = Text(current),
                        ["stot"] = Text(total),
                        ["status"] = up > 0 ? "UP" : "DOWN",
                        ["act"] = Text(up),
                        ["iid"] = Text(BackendId),
                        ["sid"] = "0",
                        ["type"] = "1",
                        ["mode"] = "tcp",
                        ["algo"] = "roundrobin",
                    });
            }
        }

        return text.ToString();
    }

    private static string Falling(BalancerServer s)
    {
        int best = BalancerServer.Rise + BalancerServer.Fall - 1;
        return s.Health == best ? string.Empty : string.Create(CultureInfo.InvariantCulture, $" {s.Health - BalancerServer.Rise + 1}/{BalancerServer.Fall}");
    }

    private static void Row(StringBuilder text, Dictionary<string, string> values) =>
        text.AppendJoin(',', _statColumns.Select(c => values.GetValueOrDefault(c, string.Empty))).Append('\n');

    private string Sessions()
    {
        StringBuilder text = new();
        lock (gate)
        {
            int pointer = 0x1000;
            foreach (BalancerSession session in servers.SelectMany(s => s.Sessions))
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"0x55cc6000{pointer++:x4}: proto=tcpv4 src=127.0.0.1:0 fe=mail be={SimulatedBalancer.Backend} srv={session.Server.Name} ts=00 epoch=0 age={Seconds(session.StartedAt)}s calls=2 rate=0 cpu=0 lat=0 rq[f=808000h,i=0,an=00h,rx=60s,wx=,ax=] rp[f=80048202h,i=0,an=00h,rx=60s,wx=,ax=] scf=[8,0h,fd=0] scb=[8,1h,fd=0] exp=60s rc=0 c_exp=\n");
            }
        }

        return text.ToString();
    }

    private string Info() => string.Create(
        CultureInfo.InvariantCulture,
        $"Name: HAProxy\nVersion: 2.6.12-simulated\nRelease_date: 2023/03/28\nNbthread: 1\nNbproc: 1\nProcess_num: 1\nPid: {Environment.ProcessId}\nUptime_sec: {Seconds(startedAt)}\nCurrConns: {servers.Sum(s => s.Sessions.Count)}\nnode: simulated\nStopping: 0\n");

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static int Port(BalancerServer server) => server.Mail.EndPoint?.Port ?? 25;

    private long Seconds(DateTimeOffset since) => (long)(now - since).TotalSeconds;
}

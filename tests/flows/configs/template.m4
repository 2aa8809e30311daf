# A provider made from switches with m4, the way upstream's stock configurations are: definitions above, choices below.

divert(-1)
define(`LISTEN_IP', `127.0.0.1')
define(`SIP_PORT', `@PORT@')
define(`DB_URL', `@DB@')
define(`CONTROL', `@DIR@/fifo')
define(`USE_AUTH', `yes')
define(`USE_DBACC', `yes')
define(`USE_DBUSRLOC', `yes')
define(`ENABLE_TCP', `yes')
define(`VM_DIVERSION', `no')
divert(0)dnl

log_level=2
xlog_level=3
stderror_enabled=yes
syslog_enabled=no
syslog_facility=LOG_LOCAL0

udp_workers=4

/* a block comment
   over two lines */
socket=udp:LISTEN_IP:SIP_PORT
ifelse(ENABLE_TCP, `yes', `socket=tcp:LISTEN_IP:SIP_PORT', `')

####### Modules

mpath="/usr/lib/opensips/modules/"

loadmodule "signaling.so"
loadmodule "sl.so"

loadmodule "tm.so"
modparam("tm", "fr_timeout", 5)
modparam("tm", "fr_inv_timeout", 30)
modparam("tm", "restart_fr_on_each_reply", 0)
modparam("tm", "onreply_avp_mode", 1)

loadmodule "rr.so"
modparam("rr", "append_fromtag", 0)
loadmodule "maxfwd.so"
loadmodule "sipmsgops.so"

loadmodule "mi_fifo.so"
modparam("mi_fifo", "fifo_name", "CONTROL")
modparam("mi_fifo", "fifo_mode", 0666)
modparam("mi_fifo", "reply_dir", "@DIR@/")

ifelse(USE_AUTH,`yes',`define(`DB_NEEDED',`yes')',USE_DBACC,`yes',`define(`DB_NEEDED',`yes')',)dnl
ifdef(`DB_NEEDED',`# whichever database the URL names
loadmodule "db_sqlite.so"

')dnl
loadmodule "usrloc.so"
modparam("usrloc", "nat_bflag", "NAT")
ifelse(USE_DBUSRLOC,`yes',`modparam("usrloc", "working_mode_preset", "single-instance-sql-write-back")
modparam("usrloc", "db_url", "DB_URL")
', `modparam("usrloc", "working_mode_preset", "single-instance-no-db")
')dnl

loadmodule "registrar.so"
modparam("registrar", "tcp_persistent_flag", "TCP_PERSISTENT")

loadmodule "acc.so"
modparam("acc", "early_media", 0)
modparam("acc", "report_cancels", 0)
modparam("acc", "detect_direction", 0)
ifelse(USE_DBACC,`yes',`modparam("acc", "db_url", "DB_URL")
', `')dnl

ifelse(USE_AUTH,`yes',`loadmodule "auth.so"
loadmodule "auth_db.so"
modparam("auth_db", "calculate_ha1", yes)
modparam("auth_db", "password_column", "password")
modparam("auth_db", "db_url", "DB_URL")
modparam("auth_db", "load_credentials", "")

', `')dnl
loadmodule "proto_udp.so"
ifelse(ENABLE_TCP, `yes', `loadmodule "proto_tcp.so"', `')

####### Routes

route{
	if (!mf_process_maxfwd_header(10)) {
		send_reply(483,"Too Many Hops");
		exit;
	}

	if (has_totag()) {
		if ( is_method("ACK") && t_check_trans() ) {
			t_relay();
			exit;
		}
		if ( !loose_route() ) {
			send_reply(404,"Not here");
			exit;
		}
		if (is_method("BYE")) {
			ifelse(USE_DBACC,`yes',`do_accounting("db","failed");
			', `do_accounting("log","failed");')
		}
		route(relay);
		exit;
	}

	if (is_method("CANCEL")) {
		if (t_check_trans())
			t_relay();
		exit;
	}

	t_check_trans();

	if ( !(is_method("REGISTER") ) ) {
		if (is_myself("$fd")) {
			ifelse(USE_AUTH,`yes',`
			if (!proxy_authorize("", "subscriber")) {
				proxy_challenge("", "auth");
				exit;
			}
			if ($au!=$fU) {
				send_reply(403,"Forbidden auth ID");
				exit;
			}
			consume_credentials();
			',`')
		} else {
			if (!is_myself("$rd")) {
				send_reply(403,"Relay Forbidden");
				exit;
			}
		}
	}

	if (loose_route()) {
		xlog("L_ERR",
			"preloaded route in [$fu/$tu/$ru/$ci]");
		if (!is_method("ACK"))
			send_reply(403,"Preload Route denied");
		exit;
	}

	if (!is_method("REGISTER|MESSAGE"))
		record_route();

	if (is_method("INVITE")) {
		ifelse(USE_DBACC,`yes',`do_accounting("db");
		', `do_accounting("log");')
	}

	if (!is_myself("$rd")) {
		append_hf("P-hint: outbound\r\n");
		route(relay);
	}

	if (is_method("PUBLISH|SUBSCRIBE")) {
		send_reply(503, "Service Unavailable");
		exit;
	}

	if (is_method("REGISTER")) {
		ifelse(USE_AUTH,`yes',`if (!www_authorize("", "subscriber")) {
			www_challenge("", "auth");
			exit;
		}
		if ($au!=$tU) {
			send_reply(403,"Forbidden auth ID");
			exit;
		}',`')
		ifelse(ENABLE_TCP, `yes', `if ($socket_in(proto) == "tcp")
			setflag("TCP_PERSISTENT");', `')
		if (!save("location"))
			xlog("cannot register $tu\n");
		exit;
	}

	if ($rU==NULL) {
		send_reply(484,"Address Incomplete");
		exit;
	}

	if (!lookup("location", "method-filtering")) {
		ifelse(USE_AUTH,`yes',`if (!db_does_uri_exist("$ru","subscriber")) {
			send_reply(420,"Bad Extension");
			exit;
		}',`')
		ifelse(VM_DIVERSION,`yes',`
		$du = "sip:127.0.0.2:5060";
		route(relay);
		',`
		t_reply(404, "Not Found");
		exit;')
	}

	ifelse(USE_DBACC,`yes',`do_accounting("db","missed");
	', `do_accounting("log","missed");')
	route(relay);
}

route[relay] {
	if (is_method("INVITE")) {
		t_on_branch("outgoing");
		t_on_reply("answer");
		t_on_failure("missed");
	}
	if (!t_relay()) {
		send_reply(500,"Internal Error");
	}
	exit;
}

branch_route[outgoing] {
	xlog("new branch at $ru\n");
}

onreply_route[answer] {
	xlog("incoming reply $rs\n");
}

failure_route[missed] {
	if (t_was_cancelled()) {
		exit;
	}
	##if (t_check_status("3[0-9][0-9]")) {
	##	exit;
	##}
}
